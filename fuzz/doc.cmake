tw_fuzz(doc DEPS doc)
