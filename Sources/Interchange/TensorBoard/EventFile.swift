internal import FoundationEssentials
internal import Glibc
internal import PinionTensor
internal import Synchronization

/// An event file of TensorBoard: records of a length, its checksum, an event and its checksum. Each
/// record is written by one call, so that a killed program leaves all but the last one whole.
final class EventFile {
  private let path: String
  private let descriptor: Int32
  /// In bytes.
  private(set) var size = 0

  /// Creates a file in a folder, which is created if missing. Its name contains that of the run;
  /// names of later files sort after those of earlier ones.
  init(folder: String, run: String) throws(FileError) {
    try Folder.make(folder)
    var host = [CChar](repeating: 0, count: 256)
    unsafe gethostname(&host, host.count - 1)
    let bytes = host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    let name = String(decoding: bytes, as: UTF8.self).replacing("/", with: "_")
    let seconds = Self.nextSecond(in: folder)
    while true {
      let number = Self.created.add(1, ordering: .relaxed).oldValue
      let path =
        "\(folder)/events.out.tfevents.\(seconds).\(name).\(getpid()).\(number)"
        + Self.suffix(run)
      let opened = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o666)
      if opened >= 0 {
        (self.path, descriptor) = (path, opened)
        break
      }
      guard errno == EEXIST || errno == EINTR else {
        throw SystemError.last.fileError(
          path, place: "opening", expected: "a file that can be written")
      }
    }
  }

  /// The files that the process has created.
  private static let created = Atomic(0)

  /// The time, or the second after those of the files in a folder: names are read in their order,
  /// and a run may resume within a second, or after the clock was set back.
  private static func nextSecond(in folder: String) -> Int {
    let now = Int(Date().timeIntervalSince1970)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let seconds = names.compactMap { name -> Int? in
      let parts = name.split(separator: ".")
      guard name.hasPrefix("events.out.tfevents."), parts.count > 3 else { return nil }
      return Int(parts[3]).flatMap { $0 < 9_999_999_999 ? $0 : nil }
    }
    return max(now, (seconds.max() ?? 0) + 1)
  }

  /// The end of the names of a run's files.
  private static func suffix(_ run: String) -> String { ".\(run).v2" }

  /// The files of a run in a folder, in the order of their names.
  static func files(of run: String, in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasPrefix("events.out.tfevents.") && $0.hasSuffix(suffix(run)) }
      .sorted().map { "\(folder)/\($0)" }
  }

  /// Writes the records that start a file: the format's version, and a session's start, by which
  /// TensorBoard discards the events of a run that was killed before its first checkpoint.
  func begin() throws(FileError) {
    let time = Date().timeIntervalSince1970
    try write(
      ProtobufMessage { event in
        event.double(1, time)
        event.string(3, "brain.Event:2")
      })
    try write(
      ProtobufMessage { event in
        event.double(1, time)
        event.integer(2, 0)
        event.message(7) { $0.integer(1, 1) }  // START
      })
  }

  deinit { close(descriptor) }

  /// Appends the first bytes of another file.
  func copy(_ other: String, size: Int) throws(FileError) {
    let reader = try FileReader(URL(filePath: other))
    for start in stride(from: 0, to: size, by: 1 << 20) {
      let end = min(size, start + 1 << 20)
      try append(reader.bytes(start..<end, place: "events before the checkpoint"))
    }
  }

  /// Appends an event as a record.
  func write(_ event: ProtobufMessage) throws(FileError) {
    let length = unsafe withUnsafeBytes(of: UInt64(event.bytes.count).littleEndian) {
      unsafe Array($0)
    }
    try append(length + Self.checksum(length) + event.bytes + Self.checksum(event.bytes))
  }

  private func append(_ bytes: [UInt8]) throws(FileError) {
    let count: Int
    do throws(SystemError) {
      count = try SystemError.transfer(count: bytes.count) { done in
        unsafe bytes[done...].withUnsafeBytes {
          unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
        }
      }
      guard count == bytes.count else { throw SystemError(code: ENOSPC) }
    } catch {
      throw error.fileError(path, place: "writing", expected: "room for \(bytes.count) bytes")
    }
    size += count
  }

  /// CRC-32C, masked as in TFRecord files: rotated by 15 bits, plus 0xa282ead8.
  static func checksum(_ bytes: [UInt8]) -> [UInt8] {
    let crc = crc32c(bytes)
    let masked = (crc >> 15 | crc << 17) &+ 0xa282_ead8
    return unsafe withUnsafeBytes(of: masked.littleEndian) { unsafe Array($0) }
  }

  /// Castagnoli's polynomial, reflected (RFC 3720, appendix B.4).
  static func crc32c(_ bytes: [UInt8]) -> UInt32 {
    var crc = ~UInt32(0)
    for byte in bytes { crc = table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8 }
    return ~crc
  }

  private static let table: [UInt32] = (0..<256).map { index in
    var value = UInt32(index)
    for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82f6_3b78 : value >> 1 }
    return value
  }
}
