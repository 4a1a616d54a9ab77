tw_fuzz(message SOURCES watch.c DEPS pipeline normalise quote decode render LINK jansson RULES)
