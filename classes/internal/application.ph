// A program in this volume: its threads, its console, its end.

package .internal;

class application {
}
