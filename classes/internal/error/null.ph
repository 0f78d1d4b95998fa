// A call, a field or an element of null.

package .internal.error;

class "null" extends .internal.error {
}
