tw_fuzz(control DEPS api)
