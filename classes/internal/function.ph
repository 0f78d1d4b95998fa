// A function as a value: fun (a, b) { ... } is an object of a class below this one, with a method `call`.

package .internal;

class function {
    string toString() [5] {
        return "a function";
    }
}
