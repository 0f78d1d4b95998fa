// A class as an object.

package .internal;

class "class" {
    // Its name, such as ".internal.string".
    string name() @primitive(class_name);
    // The class that it extends; null for .internal.object.
    .internal."class" parent() @primitive(class_super);
    // Is the object one of this class, or of one below it?
    boolean has(any object) [14] @primitive(class_has);
    // Is it an interface?
    boolean isInterface() @primitive(class_is_interface);

    string toString() [5] {
        return name();
    }
}
