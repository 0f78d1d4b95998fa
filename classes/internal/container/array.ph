// An array that grows. [1, 2, 3] makes one; a[i] is get(i), a[i] = v is set(i, v).
//
// foreach walks over it by index, to the end as it is then: what is added behind its place is met too.

package .internal.container;

class array extends collection {
    private .internal.words items;
    private int count;

    // An empty array.
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

    // The element at `index`; a bounds error if there is none.
    any get(int index) [10] {
        if (index < 0 || index >= count)
            refuse(index);
        return items[index];
    }

    // Put `value` in place of the element at `index`.
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

    // Put `value` behind the last element.
    void add(any value) {
        if (count == items.size())
            reserve(1);
        items[count] = value;
        count++;
    }

    // The same as add, for a stack.
    void push(any value) {
        add(value);
    }

    // Put all that can be walked over behind the last element; also the array itself.
    void addAll(any values) {
        any all = values :== this ? clone() : values;
        foreach (value in cursor.over(all))
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

    // Take the last element out, and give it back.
    any removeLast() {
        return remove(count - 1);
    }

    // The same as removeLast, for a stack.
    any pop() {
        return remove(count - 1);
    }

    // Take the first element out, and give it back. The others move; a deque is made for this.
    any removeFirst() {
        return remove(0);
    }

    // Take the first equal element out; true if there was one.
    boolean removeValue(any value) {
        int at = indexOf(value);
        if (at >= 0)
            remove(at);
        return at >= 0;
    }

    // Take out all elements of which a test is true; how many there were.
    int removeIf(any test) {
        array kept = new array();
        int before = count;
        foreach (item in this) {
            if (!test.call(item))
                kept.add(item);
        }
        if (before != count)
            throw new .internal.error.state("the array has changed while it was walked over");
        items = kept.items;
        count = kept.count;
        return before - count;
    }

    // The first element; a bounds error if there is none.
    any first() {
        return get(0);
    }

    // The last element; a bounds error if there is none.
    any last() {
        return get(count - 1);
    }

    // Take all elements out.
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

    // Where an equal element is for the last time, or -1.
    int lastIndexOf(any value) {
        for (int i = count - 1; i >= 0; i--) {
            if (items[i] == value)
                return i;
        }
        return -1;
    }

    // Where the first element of which a test is true is, or -1.
    int indexWhere(any test) {
        for (int i = 0; i < count; i++) {
            if (test.call(items[i]))
                return i;
        }
        return -1;
    }

    // Where an equal element is in an array that is sorted; else -1 less where it would have to be inserted.
    int binarySearch(any value) {
        return binarySearch(value, null);
    }

    // The same in the order by which the array was sorted.
    int binarySearch(any value, any order) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            int result = compare(items[middle], value, order);
            if (result == 0)
                return middle;
            if (result < 0)
                low = middle + 1;
            else
                high = middle;
        }
        return -1 - low;
    }

    // Elements from `from` up to, but without, `to` as a new array.
    array slice(int from, int to) {
        return subarray(from, to - from);
    }

    // Put `value` in place of every element.
    void fill(any value) {
        for (int i = 0; i < count; i++)
            items[i] = value;
    }

    // Let two elements change places.
    void swap(int i, int j) {
        any value = get(i);
        set(i, get(j));
        set(j, value);
    }

    // Into the other order, from the last to the first.
    void reverse() {
        for (int i = 0, j = count - 1; i < j; i++, j--) {
            any value = items[i];
            items[i] = items[j];
            items[j] = value;
        }
    }

    // A new array from the last element to the first.
    array reversed() {
        array result = clone();
        result.reverse();
        return result;
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

    // Into rising order of what a function makes of the elements; it is called once for each.
    void sortBy(any key) {
        array pairs = new array();
        foreach (item in this)
            pairs.add(new array_pair(key.call(item), item));
        pairs.sort();
        if (pairs.count != count)
            throw new .internal.error.state("the array has changed while it was sorted");
        for (int i = 0; i < count; i++)
            items[i] = ((array_pair) pairs.items[i]).value;
    }

    // A new array of the same elements.
    array clone() [3] {
        return subarray(0, count);
    }

    // True for an array of equal elements.
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

    // By the first elements that differ; else the shorter one comes first.
    int compareTo(any other) {
        array that = (array) other;
        for (int i = 0; i < count && i < that.count; i++) {
            int order = items[i].compareTo(that.items[i]);
            if (order != 0)
                return order;
        }
        return count - that.count;
    }

    // The elements as an array of the machine.
    .internal.words toWords() {
        .internal.words copy = new .internal.words(count);
        .internal.system.copyArray(items, 0, copy, 0, count);
        return copy;
    }

    // An array of the same elements as one of the machine.
    static array ofWords(.internal.words words) {
        array result = new array();
        result.reserve(words.size());
        .internal.system.copyArray(words, 0, result.items, 0, words.size());
        result.count = words.size();
        return result;
    }

    // `count` times the same value.
    static array filled(int count, any value) {
        if (count < 0)
            throw new .internal.error.argument("an array of \{count}");
        array result = new array();
        result.reserve(count);
        result.count = count;
        result.fill(value);
        return result;
    }

    // What sort and binarySearch compare with: less than, equal to, or greater than 0.
    static int compare(any a, any b, any order) {
        if (order == null)
            return a.compareTo(b);
        if (order instanceof .internal.function)
            return order.call(a, b);
        return order.compare(a, b);
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

    // [low, middle) and [middle, high) of `from` are in order; together they go to `to`.
    private static void merge(.internal.words from, .internal.words to, int low, int middle, int high,
        any order) {
        int i = low;
        int j = middle;
        for (int k = low; k < high; k++) {
            if (i < middle && (j >= high || compare(from[i], from[j], order) <= 0)) {
                to[k] = from[i];
                i++;
            } else {
                to[k] = from[j];
                j++;
            }
        }
    }
}

class array_pair {
    any key;
    any value;

    void array_pair(any key0, any value0) {
        key = key0;
        value = value0;
    }

    int compareTo(any other) {
        return key.compareTo(((array_pair) other).key);
    }
}

class array_iterator extends cursor {
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
