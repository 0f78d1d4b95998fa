// The frames of a thread. Nobody but the machine holds one.

package .internal;

class stack {
}
