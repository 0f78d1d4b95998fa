// A reference that does not keep what it refers to. When nothing else leads there any more, the collector lets go of it, and
// `get` answers null from then on; all weak references to the same object are cleared at once. How soon that is nobody
// knows; `gc()` does it, but for what is younger than the collection before.

package .internal;

final class weak {
    private any target;

    // A weak reference to this object. A number or a character it keeps for ever.
    void weak(any object) {
        target = object;
    }

    // The object, or null when it is gone. While somebody has it in his hands it does not go.
    any get() @primitive(weak_get);

    // Is it gone? To ask this keeps nothing.
    boolean isGone() @primitive(weak_is_gone);
}
