tw_fuzz(pipeline SOURCES script.c message.c watch.c world.c DEPS pipeline render oids LINK jansson RULES)
