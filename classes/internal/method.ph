// A method of a class, as the machine keeps it.

package .internal;

class method {
}
