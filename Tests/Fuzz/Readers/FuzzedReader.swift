package import Foundation
import PinionInterchange
import PinionLayers
import PinionTensor
import PinionTraining

/// A reader of files of one format, as the fuzzer and the tests of broken files run it.
package struct FuzzedReader: Sendable {
  /// Also the name of its corpus.
  package let name: String
  /// The name that the file has, for readers that choose it.
  let fileName: String
  /// How files are taken apart, so that what is inside changes with valid lengths and checksums.
  package let structure: Structure?
  /// Texts that occur in such files.
  package let tokens: [[UInt8]]
  /// Valid files.
  package let seeds: @Sendable (ScratchFile) throws -> [[UInt8]]
  private let body: @Sendable (URL) throws -> Void

  init(
    _ name: String, fileName: String = "file", _ structure: Structure? = nil,
    tokens: [String] = [], seeds: @escaping @Sendable (ScratchFile) throws -> [[UInt8]],
    read body: @escaping @Sendable (URL) throws -> Void
  ) {
    self.name = name
    self.fileName = fileName
    self.structure = structure
    self.tokens = tokens.map { Array($0.utf8) }
    self.seeds = seeds
    self.body = body
  }

  /// What became of a file.
  package enum Outcome {
    case read
    case refused(any Error & CustomStringConvertible)
    /// An error of another type, or one that does not say what, where, what was expected and found.
    case fault(String)
  }

  /// Writes the bytes to a file and reads it.
  package func read(_ bytes: [UInt8], in scratch: ScratchFile) throws -> Outcome {
    let url = scratch.url(fileName)
    try scratch.write(bytes, to: fileName)
    do {
      try body(url)
      return .read
    } catch {
      return Self.outcome(error, file: url.path)
    }
  }

  private static func outcome(_ error: any Error, file: String) -> Outcome {
    let text = "\(error)"
    if text.unicodeScalars.contains(where: { $0.value < 32 && $0 != "\n" }) {
      return .fault("control characters in \(text.debugDescription)")
    }
    switch error {
    case let error as FileError:
      guard error.file == file, !error.place.isEmpty, !error.expected.isEmpty, !error.found.isEmpty
      else { return .fault("an incomplete error: \(error)") }
      return .refused(error)
    case let error as GraphError: return .refused(error)
    case let error as KerasError: return .refused(error)
    case let error as ONNXError: return .refused(error)
    // Of optimizers and losses in a file of Keras.
    case let error as ArgumentError: return .refused(error)
    case let error as TrainingError: return .refused(error)
    default: return .fault("\(type(of: error)): \(error)")
    }
  }

  /// Changes a file, most often within its structure.
  ///
  /// - Parameter mutate: Changes the bytes of a part.
  package func mutated(
    _ bytes: [UInt8], by generator: inout some RandomNumberGenerator,
    mutate: @escaping ([UInt8]) -> [UInt8]
  ) -> [UInt8] {
    let mutation = Mutation(tokens: tokens, mutate: mutate)
    return mutation.apply(to: bytes, structure, by: &generator)
  }
}

/// A folder in memory, if there is one, for files that are read at once.
package final class ScratchFile: Sendable {
  package let folder: URL

  package init() throws {
    let memory = URL(filePath: "/dev/shm")
    let parent =
      access(memory.path, W_OK) == 0 ? memory : FileManager.default.temporaryDirectory
    folder = parent.appending(path: "pinion-fuzz-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  package func url(_ name: String) -> URL { folder.appending(path: name) }

  /// Not atomically, which would take longer.
  func write(_ bytes: [UInt8], to name: String) throws {
    let descriptor = open(url(name).path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    guard descriptor >= 0, Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
      throw CocoaError(.fileWriteUnknown)
    }
  }

  func bytes(_ name: String) throws -> [UInt8] { try [UInt8](Data(contentsOf: url(name))) }
}
