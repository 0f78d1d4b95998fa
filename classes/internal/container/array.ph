// An array that grows. [1, 2, 3] makes one; a[i] is get(i), a[i] = v is set(i, v).

package .internal.container;

import .phantom.text.builder;

class array {
    private .internal.words items;
    private int count;

    void array() {
        items = new .internal.words(8);
    }

    any iterator() [8] {
        return new array_iterator(this);
    }

    // Elements [from, from + length) as a new array.
    array subarray(int from, int length) [9] {
        if (from < 0 || length < 0 || length > count - from)
            throw new .internal.error.bounds("\{length} elements from \{from} of an array of \{count}");
        array part = new array();
        part.reserve(length);
        .internal.system.copyArray(items, from, part.items, 0, length);
        part.count = length;
        return part;
    }

    any get(int index) [10] {
        if (index < 0 || index >= count)
            refuse(index);
        return items[index];
    }

    void set(int index, any value) {
        if (index < 0 || index >= count)
            refuse(index);
        items[index] = value;
    }

    // The original's order of arguments.
    void setAt(any value, int index) [11] {
        set(index, value);
    }

    int size() [12] {
        return count;
    }

    boolean isEmpty() {
        return count == 0;
    }

    void add(any value) {
        if (count == items.size())
            reserve(1);
        items[count] = value;
        count++;
    }

    void push(any value) {
        add(value);
    }

    void addAll(any values) {
        foreach (value in values)
            add(value);
    }

    // Room for one more before `index`.
    void insert(int index, any value) {
        if (index < 0 || index > count)
            refuse(index);
        if (count == items.size())
            reserve(1);
        .internal.system.copyArray(items, index, items, index + 1, count - index);
        items[index] = value;
        count++;
    }

    // Take the element at `index` out, and give it back.
    any remove(int index) {
        if (index < 0 || index >= count)
            refuse(index);
        any value = items[index];
        .internal.system.copyArray(items, index + 1, items, index, count - index - 1);
        count--;
        items[count] = null;
        return value;
    }

    any removeLast() {
        return remove(count - 1);
    }

    any pop() {
        return remove(count - 1);
    }

    any removeFirst() {
        return remove(0);
    }

    any first() {
        return get(0);
    }

    any last() {
        return get(count - 1);
    }

    void clear() {
        items = new .internal.words(8);
        count = 0;
    }

    // Where an equal element is, or -1.
    int indexOf(any value) {
        for (int i = 0; i < count; i++) {
            if (items[i] == value)
                return i;
        }
        return -1;
    }

    boolean has(any value) {
        return indexOf(value) >= 0;
    }

    void reverse() {
        for (int i = 0, j = count - 1; i < j; i++, j--) {
            any value = items[i];
            items[i] = items[j];
            items[j] = value;
        }
    }

    string join(string between) {
        return between.join(this);
    }

    // Into rising order of the elements' compareTo; equal ones keep their order.
    void sort() {
        sort(null);
    }

    // `order` is a function of two elements that gives less than, equal to, or greater than 0; or
    // an object with such a method `compare`.
    void sort(any order) {
        int n = count;
        .internal.words from = new .internal.words(n);
        .internal.words to = new .internal.words(n);
        .internal.system.copyArray(items, 0, from, 0, n);
        for (int width = 1; width < n && width > 0; width *= 2) {
            for (int low = 0; low < n; low += 2 * width)
                merge(from, to, low, least(low + width, n), least(low + 2 * width, n), order);
            .internal.words swap = from;
            from = to;
            to = swap;
        }
        if (n != count)
            throw new .internal.error.state("the array has changed while it was sorted");
        .internal.system.copyArray(from, 0, items, 0, n);
    }

    // The elements for which a function is true; what it makes of each; and so on.
    array filter(any test) {
        array result = new array();
        foreach (item in this) {
            if (test.call(item))
                result.add(item);
        }
        return result;
    }

    array map(any change) {
        array result = new array();
        foreach (item in this)
            result.add(change.call(item));
        return result;
    }

    void each(any action) {
        foreach (item in this)
            action.call(item);
    }

    array clone() [3] {
        return subarray(0, count);
    }

    boolean equals(any other) [4] {
        if (!(other instanceof array))
            return false;
        array that = (array) other;
        if (that.count != count)
            return false;
        for (int i = 0; i < count; i++) {
            if (items[i] != that.items[i])
                return false;
        }
        return true;
    }

    int hashCode() [15] {
        int hash = 1;
        foreach (item in this)
            hash = 31 * hash + (item == null ? 0 : item.hashCode());
        return hash;
    }

    string toString() [5] {
        builder text = new builder();
        text.add("[");
        for (int i = 0; i < count; i++) {
            if (i > 0)
                text.add(", ");
            text.addAny(items[i] :== this ? "(this array)" : items[i]);
        }
        return text.add("]").toString();
    }

    // The elements as an array of the machine.
    .internal.words toWords() {
        .internal.words copy = new .internal.words(count);
        .internal.system.copyArray(items, 0, copy, 0, count);
        return copy;
    }

    static array ofWords(.internal.words words) {
        array result = new array();
        result.reserve(words.size());
        .internal.system.copyArray(words, 0, result.items, 0, words.size());
        result.count = words.size();
        return result;
    }

    private void refuse(int index) {
        throw new .internal.error.bounds("element \{index} of an array of \{count}");
    }

    private void reserve(int more) {
        int room = items.size();
        if (more <= room - count)
            return;
        if (count > 2147483647 - more)
            throw new .internal.error.memory("an array is too long");
        while (room - count < more)
            room = room > 1073741823 ? 2147483647 : room * 2;
        .internal.words larger = new .internal.words(room);
        .internal.system.copyArray(items, 0, larger, 0, count);
        items = larger;
    }

    private static int least(int a, int b) {
        return a < b && a >= 0 ? a : b;
    }

    private static boolean isBehind(any a, any b, any order) {
        int result;
        if (order == null)
            result = a.compareTo(b);
        else if (order instanceof .internal.function)
            result = order.call(a, b);
        else
            result = order.compare(a, b);
        return result > 0;
    }

    // [low, middle) and [middle, high) of `from` are in order; together they go to `to`.
    private static void merge(.internal.words from, .internal.words to, int low, int middle, int high,
                              any order) {
        int i = low;
        int j = middle;
        for (int k = low; k < high; k++) {
            if (i < middle && (j >= high || !isBehind(from[i], from[j], order))) {
                to[k] = from[i];
                i++;
            } else {
                to[k] = from[j];
                j++;
            }
        }
    }
}

class array_iterator {
    private array over;
    private int at;

    void array_iterator(var array : array) {
        over = array;
    }

    boolean hasNext() {
        return at < over.size();
    }

    any next() {
        any value = over.get(at);
        at++;
        return value;
    }
}
