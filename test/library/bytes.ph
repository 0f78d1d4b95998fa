// bytes.ph - binaries and buffers: numbers in both orders, parts, hexadecimal, base64, sums.

import .support.check;

void numbers() {
    binary b = new binary(16);
    b.setInt16(0, -2);
    check.same(b.toHex().substring(0, 4), "feff", "setInt16");
    check.same(b.bytes()[1], -1, "bytes");
    check.same(b.getInt16(0), -2, "getInt16");
    check.same(b.getUint16(0), 65534, "getUint16");
    check.same(b.getInt16Big(0), -257, "getInt16Big");
    check.same(b.getUint16Big(0), 65279, "getUint16Big");
    b.setInt16Big(0, 258);
    check.same(b.toHex().substring(0, 4), "0102", "setInt16Big");
    b.setInt32(4, 0x12345678);
    check.same(b.toHex().substring(8, 8), "78563412", "setInt32");
    check.same(b.getInt32(4), 0x12345678, "getInt32");
    check.same(b.getInt32Big(4), 0x78563412, "getInt32Big");
    b.setInt32Big(4, -1);
    check.same(b.getInt32Big(4), -1, "a negative int");
    check.same(b.getUint32(4), 4294967295L, "getUint32");
    check.same(b.getUint32Big(4), 4294967295L, "getUint32Big");
    b.setInt64(8, 0x123456789abcdef0L);
    check.same(b.slice(8, 16).toHex(), "f0debc9a78563412", "setInt64");
    check.same(b.getInt64(8), 0x123456789abcdef0L, "getInt64");
    check.same(b.getInt64Big(8), -1090226688147180526L, "getInt64Big");
    b.setInt64Big(8, long.MIN);
    check.same(b.getInt64Big(8), long.MIN, "setInt64Big");
    b.setDouble(8, -0.1);
    check.same(b.getDouble(8), -0.1, "a double");
    b.setDoubleBig(8, 1e300);
    check.same(b.getDoubleBig(8), 1e300, "a double, the other way round");
    b.setFloat(0, 1.5f);
    check.same(b.getFloat(0), 1.5f, "a float");
    b.setFloatBig(0, 1.5f);
    check.same(b.toHex().substring(0, 8), "3fc00000", "a float, the other way round");
    check.same(b.getFloatBig(0), 1.5f, "and back");
    check.fails("bytes from 13 to 17 of 16", fun () { return b.getInt32(13); });
    check.fails("bytes from -1 to 1 of 16", fun () { return b.getInt16(-1); });
    check.fails("bytes from 9 to 17 of 16", fun () { b.setInt64(9, 0); return null; });
    check.fails("a binary of -1 bytes", fun () { return new binary(-1); });
    check.part("numbers");
}

void parts() {
    binary b = "hello, world".toUtf8();
    check.same(b.slice(7, 12).toText(), "world", "slice");
    check.same(b.concat("!".toUtf8()).toText(), "hello, world!", "concat");
    check.same(b.indexOf("o".toUtf8(), 0), 4, "indexOf");
    check.same(b.indexOf("o".toUtf8(), 5), 8, "indexOf from");
    check.same(b.indexOf("x".toUtf8(), -3), -1, "indexOf nothing");
    check.same(b.clone() == b, true, "clone");
    check.same(b.slice(0, 5) == "hello".toUtf8(), true, "equals");
    check.same({b: 1}["hello, world".toUtf8()], 1, "as a key");
    check.good("abc".toUtf8().compareTo("abd".toUtf8()) < 0, "compareTo");
    check.good("\u00ff".toUtf8().compareTo("a".toUtf8()) > 0, "bytes have no sign");
    check.same("AB".toUtf8().map(fun (n) { return n + 1; }), [66, 67], "map");
    check.same("AB".toUtf8().sum(), 131, "sum");
    b.fill(256 + 65);
    check.same(b.toText(), "AAAAAAAAAAAA", "fill");
    check.fails("bytes from 7 to 13 of 12", fun () { return b.slice(7, 13); });
    check.fails("bytes from 5 to 4 of 12", fun () { return b.slice(5, 4); });
    check.part("parts");
}

void texts() {
    check.same("\x00\x7f".toUtf8().toHex(), "007f", "toHex");
    check.same(binary.fromHex("00fFc3").getByte(1), 255, "fromHex");
    check.same(binary.fromHex("").size(), 0, "fromHex of nothing");
    array plain = ["", "f", "fo", "foo", "foob", "fooba", "foobar"];
    array coded = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
    for (int i = 0; i < plain.size(); i++) {
        check.same(plain[i].toUtf8().toBase64(), coded[i], "toBase64");
        check.same(binary.fromBase64(coded[i]).toText(), plain[i], "fromBase64");
    }
    check.same(binary.fromBase64("Zm8").toText(), "fo", "fromBase64 without an end");
    check.same(binary.fromHex("fbff").toBase64(), "+/8=", "the last digits");
    check.same("123456789".toUtf8().crc32(), 0xcbf43926, "crc32");
    check.same("".toUtf8().crc32(), 0, "crc32 of nothing");
    check.same("xx123456789x".toUtf8().crc32(2, 11), 0xcbf43926, "crc32 of a part");
    check.fails("hexadecimal: 3 digits make no whole bytes", fun () { return binary.fromHex("abc"); });
    check.fails("hexadecimal: no digit at 2", fun () { return binary.fromHex("abxy"); });
    check.fails("base64: a text of 5 characters ends too early", fun () { return binary.fromBase64("Zm9vY"); });
    check.fails("base64: a text of 3 characters ends too early", fun () { return binary.fromBase64("Zg="); });
    check.fails("base64: no digit at 1", fun () { return binary.fromBase64("Z-8="); });
    check.fails("base64: no digit at 1", fun () { return binary.fromBase64("Z==="); });
    check.part("texts");
}

void buffers() {
    buffer b = new buffer();
    b.addByte(7).addInt16(-2).addInt16Big(-2).addInt32(100000).addInt32Big(100000).addInt64(-1L).addInt64Big(5L);
    b.addFloat(0.5f).addFloatBig(0.25f).addDouble(0.1).addDoubleBig(0.2).addText("é").add(binary.fromHex("aabb"));
    check.same(b.size(), 57, "size");
    check.same(b.takeByte(), 7, "takeByte");
    check.same([b.takeInt16(), b.takeInt16Big()], [-2, -2], "takeInt16");
    check.same([b.takeInt32(), b.takeInt32Big()], [100000, 100000], "takeInt32");
    check.same([b.takeInt64(), b.takeInt64Big()], [-1L, 5L], "takeInt64");
    check.same([b.takeFloat(), b.takeFloatBig()], [0.5f, 0.25f], "takeFloat");
    check.same([b.takeDouble(), b.takeDoubleBig()], [0.1, 0.2], "takeDouble");
    check.same(b.takeText(2), "é", "takeText");
    check.fails("3 bytes of a buffer of 2", fun () { return b.take(3); });
    check.fails("4 bytes of a buffer of 2", fun () { return b.takeInt32(); });
    check.fails("-1 bytes of a buffer of 2", fun () { return b.take(-1); });
    check.same(b.toBinary().toHex(), "aabb", "toBinary");
    check.same(b.take(2).toHex(), "aabb", "take");
    check.same(b.isEmpty(), true, "isEmpty");
    for (int i = 0; i < 1000; i++) {
        b.addInt32(i).addInt32(i);
        if (b.takeInt32() != i / 2)
            check.same(i, -1, "in order");
    }
    check.same(b.size(), 4000, "what is left");
    b.clear();
    check.same(b.size(), 0, "clear");
    check.same(new buffer("xy".toUtf8()).takeText(2), "xy", "a buffer of bytes");
    check.part("buffers");
}

numbers();
parts();
texts();
buffers();
