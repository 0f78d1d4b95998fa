// Does something when an object is gone: each object that is watched has an action, which is called after nobody refers to the
// object any more and the collector has let go of it. The action must not refer to the object, else it never goes.
//
// Nothing is called by itself: a program that has such actions calls `run` now and then, by a timer perhaps.

package .phantom;

class cleaner {
    private .internal.container.array watched; // a weak reference, and its action behind it

    // Nothing is watched yet.
    void cleaner() {
        watched = new .internal.container.array();
    }

    // Call a function, by a later `run`, when this object is gone.
    void watch(any object, any action) {
        if (object == null || action == null)
            throw new .internal.error.argument("nothing to watch, or nothing to do");
        synchronized (this) {
            watched.add(new .internal.weak(object));
            watched.add(action);
        }
    }

    // How many objects are watched, those among them that are gone, and whose actions were not called yet.
    int size() {
        synchronized (this) {
            return watched.size() / 2;
        }
    }

    // Call the actions of all objects that are gone, in the order in which these were watched; how many. If one
    // throws, those behind it are called by the next `run`.
    int run() {
        int count = 0;
        for (any action = next(); action != null; action = next()) {
            count++;
            action.call();
        }
        return count;
    }

    // The action of the first object that is gone, which is watched no more; null if there is none.
    private any next() {
        synchronized (this) {
            for (int i = 0; i < watched.size(); i = i + 2) {
                .internal.weak reference = watched[i];
                if (reference.isGone()) {
                    any action = watched[i + 1];
                    watched.remove(i + 1);
                    watched.remove(i);
                    return action;
                }
            }
        }
        return null;
    }
}
