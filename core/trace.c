// SPDX-License-Identifier: GPL-2.0
/* The bodies of the tracepoints of core/trace.h. */
#define CREATE_TRACE_POINTS
#include "core/trace.h"
