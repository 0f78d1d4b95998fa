/*
 * cd.java - which of many aircraft come too near to each other, from frame to frame: red-black trees, and geometry.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

import java.util.ArrayList;

final class Cd {
    static final int PLANES = 40;
    static final int FRAMES = 10;
    static final double NEAR = 1.0;
    static final double SIDE = 2.0;

    interface Key {
        int compare(Object other);
    }

    static final class CallSign implements Key {
        private final int number;

        CallSign(int number) {
            this.number = number;
        }

        public int compare(Object other) {
            return number - ((CallSign) other).number;
        }
    }

    static final class Voxel implements Key {
        final int x;
        final int y;

        Voxel(int x, int y) {
            this.x = x;
            this.y = y;
        }

        public int compare(Object other) {
            Voxel its = (Voxel) other;
            return x != its.x ? x - its.x : y - its.y;
        }
    }

    static final class Node {
        final Key key;
        Object value;
        Node parent;
        Node left;
        Node right;
        boolean isRed = true;

        Node(Key key, Object value, Node parent) {
            this.key = key;
            this.value = value;
            this.parent = parent;
        }
    }

    static final class Tree {
        private Node root;

        Object get(Key key) {
            Node node = root;
            while (node != null) {
                int order = key.compare(node.key);
                if (order == 0)
                    return node.value;
                node = order < 0 ? node.left : node.right;
            }
            return null;
        }

        void put(Key key, Object value) {
            Node parent = null;
            int order = 0;
            Node node = root;
            while (node != null) {
                order = key.compare(node.key);
                if (order == 0) {
                    node.value = value;
                    return;
                }
                parent = node;
                node = order < 0 ? node.left : node.right;
            }
            node = new Node(key, value, parent);
            if (parent == null)
                root = node;
            else if (order < 0)
                parent.left = node;
            else
                parent.right = node;
            balance(node);
        }

        private void balance(Node low) {
            Node node = low;
            while (node != root && node.parent.isRed) {
                Node parent = node.parent;
                Node above = parent.parent;
                boolean isLeft = parent == above.left;
                Node uncle = isLeft ? above.right : above.left;
                if (uncle != null && uncle.isRed) {
                    parent.isRed = false;
                    uncle.isRed = false;
                    above.isRed = true;
                    node = above;
                    continue;
                }
                if (isLeft) {
                    if (node == parent.right) {
                        rotateLeft(parent);
                        node = parent;
                        parent = node.parent;
                    }
                    parent.isRed = false;
                    above.isRed = true;
                    rotateRight(above);
                } else {
                    if (node == parent.left) {
                        rotateRight(parent);
                        node = parent;
                        parent = node.parent;
                    }
                    parent.isRed = false;
                    above.isRed = true;
                    rotateLeft(above);
                }
            }
            root.isRed = false;
        }

        private void replace(Node node, Node with) {
            Node parent = node.parent;
            with.parent = parent;
            if (parent == null)
                root = with;
            else if (node == parent.left)
                parent.left = with;
            else
                parent.right = with;
            node.parent = with;
        }

        private void rotateLeft(Node node) {
            Node top = node.right;
            node.right = top.left;
            if (top.left != null)
                top.left.parent = node;
            replace(node, top);
            top.left = node;
        }

        private void rotateRight(Node node) {
            Node top = node.left;
            node.left = top.right;
            if (top.right != null)
                top.right.parent = node;
            replace(node, top);
            top.right = node;
        }

        Node first() {
            Node node = root;
            while (node != null && node.left != null)
                node = node.left;
            return node;
        }

        Node next(Node last) {
            Node node = last;
            if (node.right != null) {
                node = node.right;
                while (node.left != null)
                    node = node.left;
                return node;
            }
            while (node.parent != null && node == node.parent.right)
                node = node.parent;
            return node.parent;
        }
    }

    static final class Place {
        final double x;
        final double y;
        final double z;

        Place(double x, double y, double z) {
            this.x = x;
            this.y = y;
            this.z = z;
        }

        Place minus(Place other) {
            return new Place(x - other.x, y - other.y, z - other.z);
        }

        double dot(Place other) {
            return x * other.x + y * other.y + z * other.z;
        }
    }

    static final class Span {
        private double low;
        private double high = 1.0;

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

    static final class Motion {
        final CallSign sign;
        final Place from;
        final Place to;

        Motion(CallSign sign, Place from, Place to) {
            this.sign = sign;
            this.from = from;
            this.to = to;
        }

        boolean meets(Motion other) {
            Place apart = from.minus(other.from);
            Place speed = to.minus(from).minus(other.to.minus(other.from));
            double a = speed.dot(speed);
            double b = 2.0 * apart.dot(speed);
            double c = apart.dot(apart) - NEAR * NEAR;
            if (a == 0.0)
                return c <= 0.0;
            double square = b * b - 4.0 * a * c;
            if (square < 0.0)
                return false;
            double root = Math.sqrt(square);
            return (-b - root) / (2.0 * a) <= 1.0 && (-b + root) / (2.0 * a) >= 0.0;
        }

        boolean crosses(Voxel voxel) {
            double x = voxel.x * SIDE;
            double y = voxel.y * SIDE;
            Span left = new Span();
            return left.cut(from.x, to.x, x - NEAR, x + SIDE + NEAR)
                && left.cut(from.y, to.y, y - NEAR, y + SIDE + NEAR);
        }
    }

    private final Tree last = new Tree();

    private ArrayList<Motion> motions(ArrayList<Place> frame) {
        ArrayList<Motion> found = new ArrayList<>();
        for (int i = 0; i < frame.size(); i++) {
            CallSign sign = new CallSign(i);
            Place now = frame.get(i);
            Place before = (Place) last.get(sign);
            last.put(sign, now);
            found.add(new Motion(sign, before == null ? now : before, now));
        }
        return found;
    }

    private static int voxelOf(double at) {
        return (int) Math.floor(at / SIDE);
    }

    private Tree byVoxel(ArrayList<Motion> motions) {
        Tree voxels = new Tree();
        for (Motion motion : motions) {
            int x0 = voxelOf(Math.min(motion.from.x, motion.to.x) - NEAR);
            int x1 = voxelOf(Math.max(motion.from.x, motion.to.x) + NEAR);
            int y0 = voxelOf(Math.min(motion.from.y, motion.to.y) - NEAR);
            int y1 = voxelOf(Math.max(motion.from.y, motion.to.y) + NEAR);
            for (int x = x0; x <= x1; x++)
                for (int y = y0; y <= y1; y++)
                    put(voxels, new Voxel(x, y), motion);
        }
        return voxels;
    }

    @SuppressWarnings("unchecked")
    private static ArrayList<Motion> listOf(Object value) {
        return (ArrayList<Motion>) value;
    }

    private void put(Tree voxels, Voxel at, Motion motion) {
        if (!motion.crosses(at))
            return;
        ArrayList<Motion> there = listOf(voxels.get(at));
        if (there == null) {
            there = new ArrayList<>();
            voxels.put(at, there);
        }
        there.add(motion);
    }

    int collisions(ArrayList<Place> frame) {
        Tree voxels = byVoxel(motions(frame));
        int count = 0;
        for (Node node = voxels.first(); node != null; node = voxels.next(node)) {
            ArrayList<Motion> there = listOf(node.value);
            for (int i = 0; i < there.size(); i++)
                for (int k = i + 1; k < there.size(); k++)
                    if (there.get(i).meets(there.get(k)))
                        count++;
        }
        return count;
    }

    static double wave(double time) {
        double part = time - 4.0 * Math.floor(time / 4.0);
        return part < 2.0 ? part - 1.0 : 3.0 - part;
    }

    static ArrayList<Place> frameAt(double time) {
        ArrayList<Place> places = new ArrayList<>();
        for (int i = 0; i < PLANES; i += 2) {
            places.add(new Place(time, 3.0 * wave(time) + i * 1.5, 10.0));
            places.add(new Place(time, 3.0 * wave(time + 1.0) + i * 1.5, 10.0 + 0.05 * i));
        }
        return places;
    }

    static int collisions() {
        Cd detector = new Cd();
        int count = 0;
        for (int i = 0; i < FRAMES; i++)
            count += detector.collisions(frameAt(i / 2.0));
        return count;
    }

    public static void main(String[] args) {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        for (int round = 0; round < rounds; round++) {
            int found = collisions();
            if (found != 724)
                throw new IllegalStateException("cd: " + found + " is wrong");
        }
        System.out.println("cd: " + rounds);
    }
}
