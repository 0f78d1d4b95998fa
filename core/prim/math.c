/*
 * math.c - the functions of musl's libm, the same on every machine.
 *
 * The core has no math.h; scripts/math.txt lists what it may call.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "prim/prims_priv.h"

#define UNARY(name)                                                                                \
    double name(double);                                                                           \
    enum prim_answer prim_math_##name(struct prim_call *call)                                      \
    {                                                                                              \
        return prim_return_double(call, name(prim_double(call, 0)));                               \
    }

#define BINARY(name)                                                                               \
    double name(double, double);                                                                   \
    enum prim_answer prim_math_##name(struct prim_call *call)                                      \
    {                                                                                              \
        return prim_return_double(call, name(prim_double(call, 0), prim_double(call, 1)));         \
    }

UNARY(acos)
UNARY(asin)
UNARY(atan)
UNARY(cbrt)
UNARY(ceil)
UNARY(cos)
UNARY(cosh)
UNARY(exp)
UNARY(expm1)
UNARY(fabs)
UNARY(floor)
UNARY(log)
UNARY(log10)
UNARY(log1p)
UNARY(rint)
UNARY(sin)
UNARY(sinh)
UNARY(sqrt)
UNARY(tan)
UNARY(tanh)
BINARY(atan2)
BINARY(fmod)
BINARY(hypot)
BINARY(pow)
