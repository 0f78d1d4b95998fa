// A class as an object.

package .internal;

class "class" {
    string name() @primitive(class_name);                     // such as .internal.string
    .internal."class" parent() @primitive(class_super);       // null for .internal.object
    boolean has(any object) [14] @primitive(class_has);       // is it an instance of this class?
    boolean isInterface() @primitive(class_is_interface);

    string toString() [5] {
        return name();
    }
}
