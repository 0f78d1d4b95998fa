package .internal;

class world {
    .internal.thread getMyThread() [8] {
        return .internal.thread.current();
    }
}
