import Foundation
import PinionData
import PinionDownload
import PinionTensor
import PinionTestSupport

/// Readers of what is downloaded.
extension FuzzedReader {
  static let downloads: [FuzzedReader] = [
    FuzzedReader(
      "tar", .gzip(.tar), tokens: ["../", "/", "path=", "size=", "ustar\0"],
      seeds: { _ in [TarSeeds.archive, gzip(TarSeeds.archive)] },
      refusals: { _ in TarSeeds.refusals }
    ) { url in
      let tar = try TarReader(GzipReader(url))
      var buffer = [UInt8](repeating: 0, count: 1 << 12)
      var count = 0
      while let entry = try tar.next() {
        try Expect.that(
          entry.path.allSatisfy { $0 != ".." && !$0.contains("/") }, "the path \(entry.path)")
        count += 1
        // The contents of some are skipped.
        guard count % 4 != 0 else { continue }
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
    } refusals: { _ in
      // More lines, and longer ones, than a head may have.
      [
        Array("HTTP/1.1 200\r\n".utf8) + Array(repeatElement("a: b\r\n", count: 512).joined().utf8),
        [UInt8](repeating: 65, count: 1 << 16) + [10, 10],
      ]
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
