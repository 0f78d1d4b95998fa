"""cd.py - which of many aircraft come too near to each other, from frame to frame: red-black trees, and geometry.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import math
import sys

PLANES = 40
FRAMES = 10
NEAR = 1.0
SIDE = 2.0


class CallSign:
    def __init__(self, number):
        self.number = number

    def compare(self, other):
        return self.number - other.number


class Voxel:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def compare(self, other):
        return self.x - other.x if self.x != other.x else self.y - other.y


class Node:
    def __init__(self, key, value, parent):
        self.key = key
        self.value = value
        self.parent = parent
        self.left = None
        self.right = None
        self.is_red = True


class Tree:
    def __init__(self):
        self.root = None

    def get(self, key):
        node = self.root
        while node is not None:
            order = key.compare(node.key)
            if order == 0:
                return node.value
            node = node.left if order < 0 else node.right
        return None

    def put(self, key, value):
        parent = None
        order = 0
        node = self.root
        while node is not None:
            order = key.compare(node.key)
            if order == 0:
                node.value = value
                return
            parent = node
            node = node.left if order < 0 else node.right
        node = Node(key, value, parent)
        if parent is None:
            self.root = node
        elif order < 0:
            parent.left = node
        else:
            parent.right = node
        self.balance(node)

    def balance(self, node):
        while node is not self.root and node.parent.is_red:
            parent = node.parent
            above = parent.parent
            is_left = parent is above.left
            uncle = above.right if is_left else above.left
            if uncle is not None and uncle.is_red:
                parent.is_red = False
                uncle.is_red = False
                above.is_red = True
                node = above
                continue
            if is_left:
                if node is parent.right:
                    self.rotate_left(parent)
                    node = parent
                    parent = node.parent
                parent.is_red = False
                above.is_red = True
                self.rotate_right(above)
            else:
                if node is parent.left:
                    self.rotate_right(parent)
                    node = parent
                    parent = node.parent
                parent.is_red = False
                above.is_red = True
                self.rotate_left(above)
        self.root.is_red = False

    def replace(self, node, with_node):
        parent = node.parent
        with_node.parent = parent
        if parent is None:
            self.root = with_node
        elif node is parent.left:
            parent.left = with_node
        else:
            parent.right = with_node
        node.parent = with_node

    def rotate_left(self, node):
        top = node.right
        node.right = top.left
        if top.left is not None:
            top.left.parent = node
        self.replace(node, top)
        top.left = node

    def rotate_right(self, node):
        top = node.left
        node.left = top.right
        if top.right is not None:
            top.right.parent = node
        self.replace(node, top)
        top.right = node

    def first(self):
        node = self.root
        while node is not None and node.left is not None:
            node = node.left
        return node

    def next(self, node):
        if node.right is not None:
            node = node.right
            while node.left is not None:
                node = node.left
            return node
        while node.parent is not None and node is node.parent.right:
            node = node.parent
        return node.parent


class Place:
    def __init__(self, x, y, z):
        self.x = x
        self.y = y
        self.z = z

    def minus(self, other):
        return Place(self.x - other.x, self.y - other.y, self.z - other.z)

    def dot(self, other):
        return self.x * other.x + self.y * other.y + self.z * other.z


class Motion:
    def __init__(self, sign, start, end):
        self.sign = sign
        self.start = start
        self.end = end

    def meets(self, other):
        """Do the two come near to each other while they move?"""
        apart = self.start.minus(other.start)
        speed = self.end.minus(self.start).minus(other.end.minus(other.start))
        a = speed.dot(speed)
        b = 2.0 * apart.dot(speed)
        c = apart.dot(apart) - NEAR * NEAR
        if a == 0.0:
            return c <= 0.0
        square = b * b - 4.0 * a * c
        if square < 0.0:
            return False
        root = math.sqrt(square)
        return (-b - root) / (2.0 * a) <= 1.0 and (-b + root) / (2.0 * a) >= 0.0

    def crosses(self, voxel):
        """Is some of the motion in the voxel, or nearly?"""
        x = voxel.x * SIDE
        y = voxel.y * SIDE
        span = Span()
        return (span.cut(self.start.x, self.end.x, x - NEAR, x + SIDE + NEAR) and
                span.cut(self.start.y, self.end.y, y - NEAR, y + SIDE + NEAR))


class Span:
    """The part of a motion that is left, from 0 to 1."""

    def __init__(self):
        self.low = 0.0
        self.high = 1.0

    def cut(self, start, end, low, high):
        """What is left of a motion between two bounds; is it anything?"""
        length = end - start
        if length == 0.0:
            return low <= start <= high
        enter = (low - start) / length
        leave = (high - start) / length
        if enter > leave:
            enter, leave = leave, enter
        if enter > self.low:
            self.low = enter
        if leave < self.high:
            self.high = leave
        return self.low <= self.high


class Detector:
    def __init__(self):
        self.last = Tree()

    def motions(self, frame):
        found = []
        for number, place in enumerate(frame):
            sign = CallSign(number)
            before = self.last.get(sign)
            self.last.put(sign, place)
            found.append(Motion(sign, place if before is None else before, place))
        return found

    def by_voxel(self, motions):
        voxels = Tree()
        for motion in motions:
            x0 = voxel_of(min(motion.start.x, motion.end.x) - NEAR)
            x1 = voxel_of(max(motion.start.x, motion.end.x) + NEAR)
            y0 = voxel_of(min(motion.start.y, motion.end.y) - NEAR)
            y1 = voxel_of(max(motion.start.y, motion.end.y) + NEAR)
            for x in range(x0, x1 + 1):
                for y in range(y0, y1 + 1):
                    self.put(voxels, Voxel(x, y), motion)
        return voxels

    def put(self, voxels, voxel, motion):
        if not motion.crosses(voxel):
            return
        there = voxels.get(voxel)
        if there is None:
            there = []
            voxels.put(voxel, there)
        there.append(motion)

    def collisions(self, frame):
        voxels = self.by_voxel(self.motions(frame))
        count = 0
        node = voxels.first()
        while node is not None:
            there = node.value
            for i in range(len(there)):
                for k in range(i + 1, len(there)):
                    if there[i].meets(there[k]):
                        count += 1
            node = voxels.next(node)
        return count


def voxel_of(at):
    return math.floor(at / SIDE)


def wave(time):
    """Up and down between -1 and 1, once in a time of four."""
    part = time - 4.0 * math.floor(time / 4.0)
    return part - 1.0 if part < 2.0 else 3.0 - part


def frame_at(time):
    places = []
    for i in range(0, PLANES, 2):
        places.append(Place(time, 3.0 * wave(time) + i * 1.5, 10.0))
        places.append(Place(time, 3.0 * wave(time + 1.0) + i * 1.5, 10.0 + 0.05 * i))
    return places


def collisions():
    detector = Detector()
    count = 0
    for i in range(FRAMES):
        count += detector.collisions(frame_at(i / 2.0))
    return count


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    for _ in range(rounds):
        found = collisions()
        if found != 724:
            sys.exit(f"cd: {found} is wrong")
    print(f"cd: {rounds}")


main()
