/* SPDX-License-Identifier: ISC */
#ifndef TW_TESTS_PIPELINE_OF_H
#define TW_TESTS_PIPELINE_OF_H
/* A pipeline with the rules of this tree and an inventory in YAML, for tests; the caller's. */
#include "pipeline/pipeline.h"

struct tw_pipeline *test_pipeline_of(const char *inventory);

#endif
