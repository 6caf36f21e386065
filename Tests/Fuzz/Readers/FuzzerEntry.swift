import Foundation
import PinionTestSupport

/// What the driver in C calls: the reader of one process, chosen by its name.
private final class FuzzerSession: Sendable {
  static let current = FuzzerSession()

  /// Done before the first file is read.
  static let readOnce: Void = {
    do {
      try current.reader.readOnce(in: current.scratch)
    } catch {
      fatalError("once: \(error)")
    }
  }()

  let reader: FuzzedReader
  let scratch: ScratchFile

  private init() {
    let name = ProcessInfo.processInfo.environment["PINION_READER"] ?? ""
    guard let reader = FuzzedReader.all.first(where: { $0.name == name }),
      let scratch = try? ScratchFile()
    else {
      let names = FuzzedReader.all.map(\.name).joined(separator: " ")
      fatalError("PINION_READER must be one of: \(names)")
    }
    self.reader = reader
    self.scratch = scratch
    // A static value is never deallocated.
    atexit { try? FileManager.default.removeItem(at: FuzzerSession.current.scratch.folder) }
  }
}

/// Writes the reader's seeds into a folder, and its tokens as a dictionary of libFuzzer beside it.
@_cdecl("pinion_fuzz_write_seeds")
func writeSeeds(_ folder: UnsafePointer<CChar>) {
  let session = FuzzerSession.current
  let folder = URL(filePath: String(cString: folder))
  do {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      try FileManager.default.removeItem(at: folder.appending(path: name))
    }
    let seeds = try session.reader.seeds(session.scratch)
    for (index, seed) in try (seeds + session.reader.refusals(session.scratch)).enumerated() {
      try Data(seed).write(to: folder.appending(path: "seed-\(index)"))
    }
    let lines = session.reader.tokens.map { token in
      "\"" + token.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "\"\n"
    }
    // A dictionary must not be empty.
    let text = "\"\\x00\"\n" + lines.joined()
    try Data(text.utf8).write(to: folder.appendingPathExtension("dict"))
  } catch {
    fatalError("\(error)")
  }
}

/// Reads an input; ends the process at a fault.
@_cdecl("pinion_fuzz_read")
func read(_ bytes: UnsafePointer<UInt8>?, _ count: Int) {
  let session = FuzzerSession.current
  FuzzerSession.readOnce
  do {
    let bytes = Array(UnsafeBufferPointer(start: bytes, count: count))
    if case .fault(let text) = try session.reader.read(bytes, in: session.scratch) {
      fatalError(text)
    }
  } catch {
    fatalError("the file cannot be written: \(error)")
  }
}

/// Changes an input in place; returns its new size. `mutate` is libFuzzer's own mutation.
@_cdecl("pinion_fuzz_mutate")
func mutate(
  _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ limit: Int, _ seed: UInt32,
  _ mutate: @convention(c) (UnsafeMutablePointer<UInt8>?, Int, Int) -> Int
) -> Int {
  var generator = SplitMix64(seed: UInt64(seed))
  let input = Array(UnsafeBufferPointer(start: bytes, count: count))
  let mutated = FuzzerSession.current.reader.mutated(input, by: &generator) { part in
    let room = min(limit, part.count + 256)
    var buffer = part + [UInt8](repeating: 0, count: max(1, room - part.count))
    let size = buffer.withUnsafeMutableBufferPointer { buffer in
      mutate(buffer.baseAddress, min(part.count, room), max(room, 1))
    }
    return Array(buffer[..<size])
  }
  guard mutated.count <= limit else { return mutate(bytes, count, limit) }
  for (index, byte) in mutated.enumerated() { bytes[index] = byte }
  return mutated.count
}
