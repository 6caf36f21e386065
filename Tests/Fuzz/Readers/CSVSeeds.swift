import PinionTestSupport

/// Tables of columns such as `a`, `b` and `c`, and tables without a header.
enum CSVSeeds {
  static let valid = [
    Array("a,b,c\n1,x,2.5e-3\n-2,\"y, \"\"z\"\"\",NA\r\n,x,+.5\n".utf8),
    Array("\u{FEFF}a,b\n1e30,2\n\n3,\"4\"\n".utf8), gzip(Array("a,b\n1,2\n3,4\n".utf8)),
    Array("a,b,c\n1,x,0\n2,y,1\n3,NA,5\n".utf8), Array("b,a,c\nw,1,0\n".utf8),
    Array("a,b,c\n1,w,7\n".utf8), Array("1;2.5;1e2\n3;4;-0.25".utf8),
    // Digits beyond those of a double, which are rounded by another function.
    Array("c,b,a\n12345678901234567890123.5,10,1e-300\n1,9,2e+10\n".utf8),
  ]

  static let refusals = [
    // More columns, and a longer field, than a table may have.
    gzip([UInt8](repeating: UInt8(ascii: ","), count: 1 << 16) + [10], level: 9),
    gzip(Array("a,b\n1,".utf8) + [UInt8](repeating: 120, count: 1 << 20 + 1), level: 9),
    // Beside a label, no column; missing values alone; a category that is not known.
    Array("b\n1\n".utf8), Array("a,b,c\n,x,1\nNA,y,2\n".utf8),
    Array("a,b,c\n1,x,1e300\n".utf8), Array("a,b,c\n1,\"x\"y,1\n".utf8),
    // More numbers than a limit of 64 bytes.
    Array(String(repeating: "1;2;x\n", count: 8).utf8),
    Array("a;b;c\n1;2\n".utf8), [],
  ]
}
