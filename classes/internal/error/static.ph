// The static initialisation of a class has failed; so does every use of the class.

package .internal.error;

class "static" extends .internal.error {
}
