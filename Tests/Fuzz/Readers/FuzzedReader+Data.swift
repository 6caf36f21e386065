import Foundation
import JPEGEncoder
import PinionData
import PinionDownload
import PinionImages
import PinionTensor
import PinionTestSupport

/// Readers of data sets.
extension FuzzedReader {
  static let data: [FuzzedReader] = [
    FuzzedReader("idx", .gzip(.idx)) { _ in
      let image = [0, 0, 8, 3] + [2, 2, 3].flatMap { Endian.big($0, 4) } + [UInt8](0..<12)
      let labels = [0, 0, 8, 1] + Endian.big(4, 4) + [0, 1, 2, 9]
      return [image, labels, gzip(image), gzip(labels, level: 0)]
    } read: { url in
      do {
        _ = try IDXArray(contentsOf: url, rank: 3)
      } catch {
        _ = try IDXArray(contentsOf: url, rank: 1)
      }
    },
    FuzzedReader("gzip", .gzip(nil)) { _ in
      let text = Array("some contents, some contents".utf8)
      var named = gzip([1, 2, 3])
      // Extra field, name, comment and the header's checksum.
      named[3] = 0x1E
      var fields = Array(named[..<10]) + [2, 0, 7, 7] + Array("name".utf8) + [0]
      fields += Array("comment".utf8) + [0]
      fields += Endian.little(Endian.crc32(fields), 2)
      return [
        gzip([]), gzip(text), gzip(text, level: 0), gzip(text) + gzip(text) + [0, 0, 0],
        fields + named[10...], gzip([UInt8](repeating: 0, count: 100_000), level: 9), text,
      ]
    } read: { url in
      let reader = try GzipReader(url)
      var buffer = [UInt8](repeating: 0, count: 1 << 12)
      // What small files unpack to is bounded by their readers.
      for _ in 0..<256 {
        let count = try buffer.withUnsafeMutableBytes { bytes throws(FileError) in
          try reader.read(into: bytes)
        }
        if count < buffer.count { break }
      }
    },
    FuzzedReader("cifar", .gzip(nil), tokens: ["apples\n", "\n", "\r\n"]) { _ in
      let records = (0..<2).flatMap {
        [UInt8($0), UInt8(3 * $0)] + [UInt8](repeating: 7, count: 3072)
      }
      return [records, gzip(records), Array("a\nb\nc\nd\n".utf8)]
    } read: { url in
      let labels = [
        CIFARLabel(name: "coarse label", classNames: ["a", "b"], namesFile: "file"),
        CIFARLabel(name: "fine label", classNames: ["a", "b", "c", "d"], namesFile: "file"),
      ]
      do {
        var records = CIFARRecords(count: 2)
        try records.append(url, count: 2, fields: labels, chosen: 1)
      } catch {
        try labels[1].checkNames(in: url.deletingLastPathComponent())
      }
    },
    FuzzedReader("csv", .gzip(nil), tokens: ["\"", "\"\"", ",", "\r\n", "NA", "nan", "\u{FEFF}"]) {
      _ in
      [
        Array("a,b,c\n1,x,2.5e-3\n-2,\"y, \"\"z\"\"\",NA\r\n,x,+.5\n".utf8),
        Array("\u{FEFF}a,b\n1e30,2\n\n3,\"4\"\n".utf8), gzip(Array("a,b\n1,2\n3,4\n".utf8)),
      ]
    } read: { url in
      do {
        _ = try CSVDataset(
          contentsOf: url, features: [.number("a", missing: .mean), .category("b")],
          target: .number("c", missing: .value(0)))
      } catch {
        let data = try CSVDataset(contentsOf: url, target: .label("b"))
        require(data.count >= 0, "a count below 0")
      }
    },
    FuzzedReader("png", .png, seeds: { _ in FileSeeds.png }, read: readImage),
    FuzzedReader("jpeg", .jpeg, seeds: { _ in FileSeeds.jpeg }, read: readImage),
    FuzzedReader("tar", .gzip(.tar), tokens: ["../", "/", "path=", "size=", "ustar\0"]) { _ in
      let archive = FileSeeds.tar
      return [archive, gzip(archive)]
    } read: { url in
      let tar = try TarReader(GzipReader(url))
      var buffer = [UInt8](repeating: 0, count: 1 << 12)
      while let entry = try tar.next() {
        require(entry.path.allSatisfy { $0 != ".." && !$0.contains("/") }, "\(entry.path)")
        while try buffer.withUnsafeMutableBytes({ try tar.read(into: $0) }) > 0 {}
      }
    },
    FuzzedReader(
      "http",
      tokens: [
        "HTTP/1.1 ", "200", "206", "302", "\r\n", "\r\n\r\n", ": ", "Content-Length: ",
        "Content-Range: bytes ", "Location: ", "Transfer-Encoding: chunked", "ETag: ",
      ]
    ) { _ in
      [
        "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nETag: \"a\"\r\n\r\nabc",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 206 Partial\r\nContent-Range: bytes 1-9/10\r\n\r\n",
        "HTTP/1.0 302\r\nLocation: https://example.org/a\r\n folded\r\n\r\n",
      ].map { Array($0.utf8) }
    } read: { url in
      var parser = HTTPHeadParser()
      for line in try FileReader(url).lines where parser.head == nil {
        guard parser.take(line) else { break }
      }
      guard let head = parser.head, head.contentLength.map({ $0 >= 0 }) ?? true,
        head.contentRange.map({ $0.start >= 0 && $0.start < $0.total }) ?? true
      else {
        throw FileError(file: url.path, place: "head", expected: "an answer", found: "none")
      }
      _ = head.isRedirection
    },
  ]

  @Sendable private static func readImage(_ url: URL) throws {
    let image = try RasterImage(contentsOf: url, appliesOrientation: true)
    for channels in [1, 3] { _ = image.converted(channels: channels, transparency: .onWhite) }
    _ = try Tensor(imageFiles: [url], height: 5, width: 4, channels: 1, appliesOrientation: true)
  }
}

extension FileReader {
  /// The bytes up to each line feed, with it.
  fileprivate var lines: [[UInt8]] {
    get throws {
      var (lines, line): ([[UInt8]], [UInt8]) = ([], [])
      for byte in try bytes(0..<size, place: "lines") {
        line.append(byte)
        if byte == 10 {
          lines.append(line)
          line = []
        }
      }
      return lines
    }
  }
}
