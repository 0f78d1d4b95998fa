// cd.ph - which of many aircraft come too near to each other, from frame to frame: red-black trees, and geometry with small
// objects that are garbage soon.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

const int PLANES = 40;
const int FRAMES = 10;
const double NEAR = 1.0;
const double SIDE = 2.0;

interface tree_key {
    int compare(any other);
}

class call_sign implements tree_key {
    private const int number;

    void call_sign(int number0) {
        number = number0;
    }

    int compare(any other) {
        return number - ((call_sign) other).number;
    }
}

class voxel implements tree_key {
    const int x;
    const int y;

    void voxel(int x0, int y0) {
        x = x0;
        y = y0;
    }

    int compare(any other) {
        voxel its = other;
        return x != its.x ? x - its.x : y - its.y;
    }
}

class node {
    const tree_key key;
    any value;
    node parent;
    node left;
    node right;
    boolean isRed = true;

    void node(tree_key key0, any value0, node parent0) {
        key = key0;
        value = value0;
        parent = parent0;
    }
}

class tree {
    private node root;

    any get(tree_key key) {
        node one = root;
        while (one != null) {
            int order = key.compare(one.key);
            if (order == 0)
                return one.value;
            one = order < 0 ? one.left : one.right;
        }
        return null;
    }

    void put(tree_key key, any value) {
        node parent = null;
        int order = 0;
        node one = root;
        while (one != null) {
            order = key.compare(one.key);
            if (order == 0) {
                one.value = value;
                return;
            }
            parent = one;
            one = order < 0 ? one.left : one.right;
        }
        one = new node(key, value, parent);
        if (parent == null)
            root = one;
        else if (order < 0)
            parent.left = one;
        else
            parent.right = one;
        balance(one);
    }

    private void balance(node low) {
        node one = low;
        while (one :!= root && one.parent.isRed) {
            node parent = one.parent;
            node above = parent.parent;
            boolean isLeft = parent :== above.left;
            node uncle = isLeft ? above.right : above.left;
            if (uncle != null && uncle.isRed) {
                parent.isRed = false;
                uncle.isRed = false;
                above.isRed = true;
                one = above;
                continue;
            }
            if (isLeft) {
                if (one :== parent.right) {
                    rotateLeft(parent);
                    one = parent;
                    parent = one.parent;
                }
                parent.isRed = false;
                above.isRed = true;
                rotateRight(above);
            } else {
                if (one :== parent.left) {
                    rotateRight(parent);
                    one = parent;
                    parent = one.parent;
                }
                parent.isRed = false;
                above.isRed = true;
                rotateLeft(above);
            }
        }
        root.isRed = false;
    }

    private void replace(node one, node with) {
        node parent = one.parent;
        with.parent = parent;
        if (parent == null)
            root = with;
        else if (one :== parent.left)
            parent.left = with;
        else
            parent.right = with;
        one.parent = with;
    }

    private void rotateLeft(node one) {
        node top = one.right;
        one.right = top.left;
        if (top.left != null)
            top.left.parent = one;
        replace(one, top);
        top.left = one;
    }

    private void rotateRight(node one) {
        node top = one.left;
        one.left = top.right;
        if (top.right != null)
            top.right.parent = one;
        replace(one, top);
        top.right = one;
    }

    // A walk in the order of the keys.
    node first() {
        node one = root;
        while (one != null && one.left != null)
            one = one.left;
        return one;
    }

    node next(node last) {
        node one = last;
        if (one.right != null) {
            one = one.right;
            while (one.left != null)
                one = one.left;
            return one;
        }
        while (one.parent != null && one :== one.parent.right)
            one = one.parent;
        return one.parent;
    }
}

class place {
    const double x;
    const double y;
    const double z;

    void place(double x0, double y0, double z0) {
        x = x0;
        y = y0;
        z = z0;
    }

    place minus(place other) {
        return new place(x - other.x, y - other.y, z - other.z);
    }

    double dot(place other) {
        return x * other.x + y * other.y + z * other.z;
    }
}

// The part of a motion that is left, from 0 to 1.
class span {
    private double low;
    private double high = 1.0;

    // What is left of a motion between two bounds; is it anything?
    boolean cut(double from, double to, double lowest, double highest) {
        double length = to - from;
        if (length == 0.0)
            return lowest <= from && from <= highest;
        double enter = (lowest - from) / length;
        double leave = (highest - from) / length;
        if (enter > leave) {
            double other = enter;
            enter = leave;
            leave = other;
        }
        if (enter > low)
            low = enter;
        if (leave < high)
            high = leave;
        return low <= high;
    }
}

class motion {
    const call_sign sign;
    const place from;
    const place to;

    void motion(call_sign sign0, place from0, place to0) {
        sign = sign0;
        from = from0;
        to = to0;
    }

    // Do the two come near to each other while they move?
    boolean meets(motion other) {
        place apart = from.minus(other.from);
        place speed = to.minus(from).minus(other.to.minus(other.from));
        double a = speed.dot(speed);
        double b = 2.0 * apart.dot(speed);
        double c = apart.dot(apart) - NEAR * NEAR;
        if (a == 0.0)
            return c <= 0.0;
        double square = b * b - 4.0 * a * c;
        if (square < 0.0)
            return false;
        double root = math.sqrt(square);
        return (-b - root) / (2.0 * a) <= 1.0 && (-b + root) / (2.0 * a) >= 0.0;
    }

    // Is some of the motion in the voxel, or nearly?
    boolean crosses(voxel one) {
        double x = one.x * SIDE;
        double y = one.y * SIDE;
        span left = new span();
        return left.cut(from.x, to.x, x - NEAR, x + SIDE + NEAR) && left.cut(from.y, to.y, y - NEAR, y + SIDE + NEAR);
    }
}

class detector {
    private const tree last = new tree();

    private motion[] motions(place[] frame) {
        motion[] found = [];
        for (int i = 0; i < frame.size(); i++) {
            call_sign sign = new call_sign(i);
            place now = frame[i];
            place before = last.get(sign);
            last.put(sign, now);
            found.add(new motion(sign, before == null ? now : before, now));
        }
        return found;
    }

    private int voxelOf(double at) {
        return (int) math.floor(at / SIDE);
    }

    private tree byVoxel(motion[] motions) {
        tree voxels = new tree();
        foreach (one in motions) {
            int x0 = voxelOf(math.min(one.from.x, one.to.x) - NEAR);
            int x1 = voxelOf(math.max(one.from.x, one.to.x) + NEAR);
            int y0 = voxelOf(math.min(one.from.y, one.to.y) - NEAR);
            int y1 = voxelOf(math.max(one.from.y, one.to.y) + NEAR);
            for (int x = x0; x <= x1; x++)
                for (int y = y0; y <= y1; y++)
                    put(voxels, new voxel(x, y), one);
        }
        return voxels;
    }

    private void put(tree voxels, voxel at, motion one) {
        if (!one.crosses(at))
            return;
        motion[] there = voxels.get(at);
        if (there == null) {
            there = [];
            voxels.put(at, there);
        }
        there.add(one);
    }

    int collisions(place[] frame) {
        tree voxels = byVoxel(motions(frame));
        int count = 0;
        for (node one = voxels.first(); one != null; one = voxels.next(one)) {
            motion[] there = one.value;
            for (int i = 0; i < there.size(); i++)
                for (int k = i + 1; k < there.size(); k++)
                    if (there[i].meets(there[k]))
                        count++;
        }
        return count;
    }
}

// Up and down between -1 and 1, once in a time of four.
double wave(double time) {
    double part = time - 4.0 * math.floor(time / 4.0);
    return part < 2.0 ? part - 1.0 : 3.0 - part;
}

place[] frameAt(double time) {
    place[] places = [];
    for (int i = 0; i < PLANES; i += 2) {
        places.add(new place(time, 3.0 * wave(time) + i * 1.5, 10.0));
        places.add(new place(time, 3.0 * wave(time + 1.0) + i * 1.5, 10.0 + 0.05 * i));
    }
    return places;
}

int collisions() {
    detector watch = new detector();
    int count = 0;
    for (int i = 0; i < FRAMES; i++)
        count += watch.collisions(frameAt(i / 2.0));
    return count;
}

int rounds = args().size() > 0 ? args()[0].toInt() : 1;
for (int round = 0; round < rounds; round++) {
    int found = collisions();
    if (found != 724)
        throw "cd: \{found} is wrong";
}
println("cd: \{rounds}");
