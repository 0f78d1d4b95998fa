// The console's channel. Nobody but the machine holds it.

package .internal;

class channel {
}
