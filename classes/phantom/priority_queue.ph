// Items of which the least comes out first: in the order of their compareTo, or of an order of one's own (see
// array.sort). Equal ones come out as they went in. A walk shows them in no order; sorted() does.
//
// It is a heap: the item at i is not behind those at 2 i + 1 and 2 i + 2.

package .phantom;

import .internal.container.array;

class priority_queue extends .internal.container.collection {
    private any order;
    private array heap = new array();
    private long arrivals;

    // An empty queue, in the order of the items' compareTo.
    void priority_queue() {
    }

    // An empty queue in the order of a function of two items, or of an object with a method compare.
    void priority_queue(any order0) {
        order = order0;
    }

    // Put an item in.
    void add(any item) {
        array.compare(item, item, order);
        heap.add(new arrival(item, arrivals));
        arrivals++;
        rise(heap.size() - 1);
    }

    // Put all that can be walked over in.
    void addAll(any items) {
        foreach (item in .internal.container.cursor.over(items))
            add(item);
    }

    // The least item; a bounds error if there is none.
    any first() {
        if (heap.isEmpty())
            throw new .internal.error.bounds("the first of an empty queue");
        return ((arrival) heap.first()).item;
    }

    // Take the least item out, and give it back; a bounds error if there is none.
    any removeFirst() {
        any item = first();
        any last = heap.pop();
        if (!heap.isEmpty()) {
            heap.set(0, last);
            sink(0);
        }
        return item;
    }

    int size() {
        return heap.size();
    }

    // Take all items out.
    void clear() {
        heap.clear();
    }

    any iterator() {
        return heap.map(fun (arrival one) { return one.item; }).iterator();
    }

    // An array of the items as they would come out.
    array sorted() {
        array all = heap.clone();
        all.sort(fun (arrival a, arrival b) { return side(a, b); });
        return all.map(fun (arrival one) { return one.item; });
    }

    // Which of two comes out first: less than 0 if it is `a`.
    private int side(arrival a, arrival b) {
        int result = array.compare(a.item, b.item, order);
        return result != 0 ? result : a.number < b.number ? -1 : 1;
    }

    private boolean isBefore(int i, int j) {
        return side(heap.get(i), heap.get(j)) < 0;
    }

    private void rise(int i) {
        while (i > 0 && isBefore(i, (i - 1) / 2)) {
            heap.swap(i, (i - 1) / 2);
            i = (i - 1) / 2;
        }
    }

    private void sink(int i) {
        for (;;) {
            int child = 2 * i + 1;
            if (child + 1 < heap.size() && isBefore(child + 1, child))
                child++;
            if (child >= heap.size() || !isBefore(child, i))
                return;
            heap.swap(i, child);
            i = child;
        }
    }
}

class arrival {
    any item;
    long number;

    void arrival(any item0, long number0) {
        item = item0;
        number = number0;
    }
}
