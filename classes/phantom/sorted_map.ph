// A map whose keys are in rising order: of their compareTo, or of an order of one's own (see array.sort). What
// else it can do stands at .internal.container.dictionary.
//
// It is an AA tree: a node's left child is one level below it, its right child at most on its level, its right
// grandchild below it. So a search takes no more than twice the logarithm of the size.

package .phantom;

import .internal.container.array;
import .internal.container.dictionary;
import .internal.container.entry;

class sorted_map extends dictionary {
    private any order;
    sorted_node root;
    private int count;
    int changes; // how often a key came or went

    // An empty map, in the order of the keys' compareTo.
    void sorted_map() {
    }

    // An empty map in the order of a function of two keys, or of an object with a method compare.
    void sorted_map(any order0) {
        order = order0;
    }

    any get(any key) {
        sorted_node node = nodeOf(key);
        return node == null ? null : node.value;
    }

    void set(any key, any value) {
        if (root == null)
            compare(key, key); // what has no order is refused as the first one, too
        root = insert(root, key, value);
    }

    boolean has(any key) {
        return nodeOf(key) != null;
    }

    any remove(any key) {
        sorted_node node = nodeOf(key);
        if (node == null)
            return null;
        any value = node.value;
        root = take(root, key);
        count--;
        changes++;
        return value;
    }

    int size() {
        return count;
    }

    void clear() {
        root = null;
        count = 0;
        changes++;
    }

    .internal.container.cursor iterator() {
        return new sorted_iterator(this, null, false, null, false);
    }

    dictionary emptyOne() {
        return new sorted_map(order);
    }

    // ---- neighbours: null where there is none ----

    // The least key; null if there is none.
    any firstKey() {
        sorted_node node = root;
        while (node != null && node.left != null)
            node = node.left;
        return node == null ? null : node.key;
    }

    // The largest key; null if there is none.
    any lastKey() {
        sorted_node node = root;
        while (node != null && node.right != null)
            node = node.right;
        return node == null ? null : node.key;
    }

    // The largest key that is not above `key`.
    any floorKey(any key) {
        return below(key, true);
    }

    // The largest key below `key`.
    any lowerKey(any key) {
        return below(key, false);
    }

    // The least key that is not below `key`.
    any ceilingKey(any key) {
        return above(key, true);
    }

    // The least key above `key`.
    any higherKey(any key) {
        return above(key, false);
    }

    // Take the least key out; its entry, or null.
    any removeFirst() {
        return removeEntry(firstKey());
    }

    // Take the largest key out; its entry, or null.
    any removeLast() {
        return removeEntry(lastKey());
    }

    // The keys from `from` up to, but without, `to`, as a collection. It sees what the map becomes.
    .internal.container.collection range(any from, any to) {
        return new sorted_range(this, from, true, to, true);
    }

    // The keys from `from` on.
    .internal.container.collection from(any from) {
        return new sorted_range(this, from, true, null, false);
    }

    // The keys below `to`.
    .internal.container.collection to(any to) {
        return new sorted_range(this, null, false, to, true);
    }

    // Less than, equal to, or greater than 0, in the order of this map.
    int compare(any a, any b) {
        return array.compare(a, b, order);
    }

    private sorted_node nodeOf(any key) {
        sorted_node node = root;
        while (node != null) {
            int side = compare(key, node.key);
            if (side == 0)
                return node;
            node = side < 0 ? node.left : node.right;
        }
        return null;
    }

    private any below(any key, boolean orSame) {
        sorted_node node = root;
        any best = null;
        while (node != null) {
            int side = compare(node.key, key);
            if (side < 0 || (orSame && side == 0)) {
                best = node.key;
                node = node.right;
            } else {
                node = node.left;
            }
        }
        return best;
    }

    private any above(any key, boolean orSame) {
        sorted_node node = root;
        any best = null;
        while (node != null) {
            int side = compare(node.key, key);
            if (side > 0 || (orSame && side == 0)) {
                best = node.key;
                node = node.left;
            } else {
                node = node.right;
            }
        }
        return best;
    }

    private any removeEntry(any key) {
        return isEmpty() ? null : new entry(key, remove(key));
    }

    // ---- the tree: each gives the root of what it has made ----

    private sorted_node insert(sorted_node node, any key, any value) {
        if (node == null) {
            count++;
            changes++;
            return new sorted_node(key, value);
        }
        int side = compare(key, node.key);
        if (side < 0)
            node.left = insert(node.left, key, value);
        else if (side > 0)
            node.right = insert(node.right, key, value);
        else
            node.value = value;
        return side == 0 ? node : split(skew(node));
    }

    private sorted_node take(sorted_node node, any key) {
        int side = compare(key, node.key);
        if (side < 0) {
            node.left = take(node.left, key);
        } else if (side > 0) {
            node.right = take(node.right, key);
        } else if (node.left == null) {
            return node.right;
        } else {
            sorted_node before = node.left;
            while (before.right != null)
                before = before.right;
            node.key = before.key;
            node.value = before.value;
            node.left = take(node.left, before.key);
        }
        return mend(node);
    }

    // After a child may have lost a level.
    private static sorted_node mend(sorted_node node) {
        int left = node.left == null ? 0 : node.left.level;
        int right = node.right == null ? 0 : node.right.level;
        int should = (left < right ? left : right) + 1;
        if (should >= node.level)
            return node;
        node.level = should;
        if (right > should)
            node.right.level = should;
        node = skew(node);
        if (node.right != null) {
            node.right = skew(node.right);
            if (node.right.right != null)
                node.right.right = skew(node.right.right);
        }
        node = split(node);
        if (node.right != null)
            node.right = split(node.right);
        return node;
    }

    // No left child on the node's own level.
    private static sorted_node skew(sorted_node node) {
        sorted_node left = node.left;
        if (left == null || left.level != node.level)
            return node;
        node.left = left.right;
        left.right = node;
        return left;
    }

    // No right grandchild on the node's own level.
    private static sorted_node split(sorted_node node) {
        sorted_node right = node.right;
        if (right == null || right.right == null || right.right.level != node.level)
            return node;
        node.right = right.left;
        right.left = node;
        right.level++;
        return right;
    }
}

class sorted_node {
    any key;
    any value;
    sorted_node left;
    sorted_node right;
    int level = 1;

    void sorted_node(any key0, any value0) {
        key = key0;
        value = value0;
    }
}

// Over the keys, or those of a range: the nodes that are still to be shown, the next one last.
class sorted_iterator extends .internal.container.cursor {
    private sorted_map over;
    private int changes;
    private array path = new array();
    private any to;
    private boolean hasEnd;

    void sorted_iterator(sorted_map over0, any from, boolean hasBegin, any to0, boolean hasEnd0) {
        over = over0;
        changes = over.changes;
        to = to0;
        hasEnd = hasEnd0;
        sorted_node node = over.root;
        while (node != null) {
            if (hasBegin && over.compare(node.key, from) < 0) {
                node = node.right;
            } else {
                path.add(node);
                node = node.left;
            }
        }
    }

    boolean hasNext() {
        if (over.changes != changes)
            throw new .internal.error.state("the map has changed while it was walked over");
        if (path.isEmpty())
            return false;
        return !hasEnd || over.compare(((sorted_node) path.last()).key, to) < 0;
    }

    any next() {
        if (!hasNext())
            throw new .internal.error.bounds("no more keys");
        sorted_node node = path.pop();
        for (sorted_node after = node.right; after != null; after = after.left)
            path.add(after);
        return node.key;
    }
}

class sorted_range extends .internal.container.collection {
    private sorted_map over;
    private any from;
    private any to;
    private boolean hasBegin;
    private boolean hasEnd;

    void sorted_range(sorted_map over0, any from0, boolean hasBegin0, any to0, boolean hasEnd0) {
        over = over0;
        from = from0;
        hasBegin = hasBegin0;
        to = to0;
        hasEnd = hasEnd0;
    }

    .internal.container.cursor iterator() {
        return new sorted_iterator(over, from, hasBegin, to, hasEnd);
    }

    int size() {
        int n = 0;
        foreach (key in .internal.container.cursor.of(iterator()))
            n++;
        return n;
    }
}
