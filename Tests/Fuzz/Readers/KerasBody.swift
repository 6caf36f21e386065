import Foundation
import Pinion
import PinionInterchange

/// What a user does with a file of Keras.
enum KerasBody {
  @Sendable static func read(_ url: URL) throws {
    let network = try Network(keras: url)
    let again = url.deletingLastPathComponent().appending(path: "again")
    var model: Model?
    do { model = try Model(keras: url, threads: 1) } catch KerasError.notCompiled {}
    // Layers of several graphs are read, but not written.
    do {
      if let model { try model.saveKeras(to: again) } else { try network.saveKeras(to: again) }
    } catch KerasError.unsupported { return }
    let copy = try Network(keras: again)
    try Expect.that(copy.classNames == network.classNames, "other saved classes")
    try Expect.same(
      copy.weights.trainable.array, network.weights.trainable.array, "the saved network")
    guard let model else { return }
    let other = try Model(keras: again, threads: 1)
    try Expect.that(other.steps == model.steps, "another saved step")
  }
}
