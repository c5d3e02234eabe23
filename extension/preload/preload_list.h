/* SPDX-License-Identifier: Apache-2.0 */
/* preload_list.h - LD_PRELOAD of an environment (ld.so(8)): files, with ':' and ' '
 * between them. */
#ifndef PRELOAD_LIST_H
#define PRELOAD_LIST_H

/* Takes out all files of that name, in whatever directory; what is left stays where it
 * is in memory. The variable goes when nothing is left. */
void preload_list_remove(char **environment, const char *name);

#endif
