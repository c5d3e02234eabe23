/* SPDX-License-Identifier: Apache-2.0 */
/* samples.h - flows to torture the core with. */
#ifndef SAMPLES_H
#define SAMPLES_H

#include "base/str.h"

/* A "store" message with flows of all kinds, bad ones too, as JSON. */
struct str sample_message(void);
/* A flow.Message with the same flows; of application layers, DNS. */
struct str sample_datagram(void);

#endif
