tw_fuzz(message SOURCES watch.c DEPS pipeline normalise decode render LINK jansson RULES)
