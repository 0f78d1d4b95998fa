// What a pattern becomes: instruction i is ops[i] with xs[i] and ys[i].
//
// What may take a character of two units has an instruction 2 behind it, for the second one.
//
//   c  the unit x                              j  go on at x
//   .  any character; x is 1: no line end      |  go on at x, and with less preference at y
//   [  a character of the set x                s  the place goes to slot x
//   2  the second unit of a character          a  the place is as the char x says
//   m  a match

package .phantom.regex;

import .internal.container.array;

class program {
    .internal.chars ops;
    .internal.ints xs;
    .internal.ints ys;
    array sets = new array();
    int count;
    int slots = 2;
    .internal.container.map names = {};
    boolean folds;
    string prefix = "";          // each match begins with it
    .internal.bytes firsts;      // or with one of these units, if it is not null; all above 255 may be
}
