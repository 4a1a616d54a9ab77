tw_fuzz(certificate DEPS tls LINK PkgConfig::SSL)
