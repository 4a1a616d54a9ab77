tw_fuzz(config DEPS config)
