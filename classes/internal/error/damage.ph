// A page of the volume failed its checksum.

package .internal.error;

class damage extends .internal.error {
    void damage() {
    }

    void damage(string text) {
        message = text;
    }
}
