// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer: vns/reorder.c. The input is a list of operations; after each the
 * set must hold the same bytes as a map of single bytes, and be well formed.
 */
#include <stdint.h>

#include "model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	model_run(data, size);
	return 0;
}
