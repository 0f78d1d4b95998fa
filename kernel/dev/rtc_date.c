/*
 * rtc_date.c - what the registers of the clock mean: its date may be binary or
 * decimal digits, its day of 12 or of 24 hours. Status register B says which.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "dev/rtc.h"

#define STATUS_24H    0x02
#define STATUS_BINARY 0x04
#define PM            0x80 /* of the hour, when there are 12 */
#define NO_NUMBER     255

/* A number as it is kept; NO_NUMBER when its digits are none. */
static unsigned
number(const struct rtc_registers *registers, uint8_t value)
{
    if (registers->status_b & STATUS_BINARY)
        return value;
    if ((value & 15) > 9 || value >> 4 > 9)
        return NO_NUMBER;
    return (value >> 4) * 10u + (value & 15);
}

static unsigned
hour_of_day(const struct rtc_registers *registers)
{
    unsigned hour = number(registers, registers->hour & (uint8_t)~PM);

    if (registers->status_b & STATUS_24H)
        return number(registers, registers->hour);
    if (hour < 1 || hour > 12)
        return NO_NUMBER;
    return hour % 12 + (registers->hour & PM ? 12 : 0);
}

static bool
is_leap(unsigned year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned
days_of(unsigned year, unsigned month)
{
    static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

bool
rtc_decode(const struct rtc_registers *registers, uint64_t *seconds)
{
    unsigned century = number(registers, registers->century);
    unsigned year = number(registers, registers->year);
    unsigned month = number(registers, registers->month);
    unsigned day = number(registers, registers->day);
    unsigned hour = hour_of_day(registers);
    unsigned minute = number(registers, registers->minute);
    unsigned second = number(registers, registers->second);
    uint64_t days = 0;

    if (year > 99 || month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59)
        return false;
    if (century < 19 || century > 99)
        century = year < 70 ? 20 : 19;
    year += 100 * century;
    if (year < 1970 || day < 1 || day > days_of(year, month))
        return false;
    for (unsigned y = 1970; y < year; y++)
        days += is_leap(y) ? 366 : 365;
    for (unsigned m = 1; m < month; m++)
        days += days_of(year, m);
    days += day - 1;
    *seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    return true;
}
