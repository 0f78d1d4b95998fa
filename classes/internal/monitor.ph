// The lock of an object for which threads wait. Nobody but the machine holds one.

package .internal;

class monitor {
}
