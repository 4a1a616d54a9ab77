tw_fuzz(inventory DEPS topology)
