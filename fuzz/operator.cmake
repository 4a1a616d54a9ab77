tw_fuzz(operator DEPS model)
