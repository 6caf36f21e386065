import Foundation
import PinionData
import PinionInterchange
import PinionLayers
import PinionTensor
import PinionTraining

/// A reader does something that it must not do.
package struct Fault: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}

/// What readers must do, whatever a file holds.
enum Expect {
  /// - Parameter file: The path that errors must have.
  static func outcome(_ error: any Error, file: String) -> FuzzedReader.Outcome {
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
    case let error as DatasetNotFound: return .refused(error)
    case let fault as Fault: return .fault(fault.description)
    default: return .fault("\(type(of: error)): \(error)")
    }
  }

  /// Whether a body that reads a file is refused. Throws ``Fault`` if the error is incomplete.
  static func isRefused(_ url: URL, by body: () throws -> Void) throws -> Bool {
    do {
      try body()
      return false
    } catch {
      if case .fault(let text) = outcome(error, file: url.path) { throw Fault(text) }
      return true
    }
  }

  /// Throws unless a body is refused.
  static func refusal(of what: String, _ url: URL, _ body: () throws -> Void) throws {
    try that(isRefused(url, by: body), "\(what) is accepted")
  }

  static func that(_ condition: Bool, _ fault: @autoclosure () -> String) throws {
    if !condition { throw Fault(fault()) }
  }

  /// Throws unless both are the same, bit for bit.
  static func same(_ a: some Sequence<Float>, _ b: some Sequence<Float>, _ what: String) throws {
    try that(a.elementsEqual(b) { $0.bitPattern == $1.bitPattern }, "\(what) differs")
  }

  /// All inputs and targets of a data set, each a finite number.
  static func samples(of data: some Dataset) throws -> [Float] {
    let (inputs, targets) = (data.inputShape.elementCount, data.targetShape.elementCount)
    let buffer = AlignedBuffer(count: inputs + targets)
    var samples: [Float] = []
    for index in 0..<data.count {
      try data.copyInput(at: index, into: buffer.view[0..<inputs])
      try data.copyTarget(at: index, into: buffer.view[inputs..<inputs + targets])
      samples += buffer.view.array
    }
    try that(samples.allSatisfy(\.isFinite), "a sample is not finite")
    return samples
  }
}
