/* SPDX-License-Identifier: MIT */
#ifndef BANNED_H
#define BANNED_H

/*
 * Functions that truncate, overflow or keep hidden state do not compile here.
 * Each name expands to an identifier that nobody declares and that says so.
 */
#define SORRY(f) sorry_##f##_is_a_banned_function

#undef strcpy
#define strcpy(a, b) SORRY(strcpy)
#undef strcat
#define strcat(a, b) SORRY(strcat)
#undef strncpy
#define strncpy(a, b, n) SORRY(strncpy)
#undef strncat
#define strncat(a, b, n) SORRY(strncat)
#undef strtok
#define strtok(a, b) SORRY(strtok)
#undef sprintf
#define sprintf(...) SORRY(sprintf)
#undef vsprintf
#define vsprintf(...) SORRY(vsprintf)
#undef sscanf
#define sscanf(...) SORRY(sscanf)
#undef atoi
#define atoi(a) SORRY(atoi)
#undef atol
#define atol(a) SORRY(atol)
#undef atof
#define atof(a) SORRY(atof)
#undef gmtime
#define gmtime(t) SORRY(gmtime)
#undef localtime
#define localtime(t) SORRY(localtime)
#undef ctime
#define ctime(t) SORRY(ctime)
#undef asctime
#define asctime(t) SORRY(asctime)
#undef system
#define system(s) SORRY(system)
#undef popen
#define popen(a, b) SORRY(popen)
#undef tmpnam
#define tmpnam(a) SORRY(tmpnam)
#undef mktemp
#define mktemp(a) SORRY(mktemp)
#undef alloca
#define alloca(n) SORRY(alloca)

#endif
