/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_library.c - see kafka_library.h. */
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>
#include "net/kafka_library.h"

#define FILE_NAME "librdkafka.so.1"

static const struct {
	const char *name;
	size_t offset;
} symbols[] = {
#define KAFKA_SYMBOL(name) { "rd_kafka_" #name, offsetof(struct kafka_library, name) },
	KAFKA_EACH_SYMBOL(KAFKA_SYMBOL)
#undef KAFKA_SYMBOL
};

int kafka_library_open(struct kafka_library *library, struct err *err)
{
	size_t i;

	*library = (struct kafka_library){
		.handle = dlopen(FILE_NAME, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE),
	};
	if (!library->handle)
		return err_set(
			err,
			"Kafka needs the library " FILE_NAME
			": install librdkafka1 (Debian) or librdkafka (Fedora): %s",
			dlerror());
	for (i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *symbol = dlsym(library->handle, symbols[i].name);

		if (!symbol) {
			kafka_library_close(library);
			return err_set(err,
				       "the library " FILE_NAME
				       " is too old, it has no %s: 1.6 is needed",
				       symbols[i].name);
		}
		memcpy((char *)library + symbols[i].offset, &symbol, sizeof(symbol));
	}
	return 0;
}

void kafka_library_close(struct kafka_library *library)
{
	if (library->handle)
		dlclose(library->handle);
	*library = (struct kafka_library){ 0 };
}
