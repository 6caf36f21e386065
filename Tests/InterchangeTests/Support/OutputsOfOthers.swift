import Foundation
import Pinion
import PinionInterchange
import PinionTestSupport
import Testing

/// Compares a network's outputs with those of another library, which computed them in double
/// precision, in an archive with the arrays `inputs` and `outputs`.
func expectOutputs(of network: Network, in arrays: URL) throws {
  let run = try NumPyArchive(contentsOf: arrays)
  let outputs = try run.array(named: "outputs").tensor()
  let predicted = try Predictor(network).predict(run.array(named: "inputs").tensor())
  #expect(predicted.shape == outputs.shape)
  let difference = relativeDifference(predicted.elements, outputs.elements)
  #expect(difference < 1e-5, "\(arrays.lastPathComponent): \(difference)")
}

/// The outputs of a network in the graph's order.
func predictions(of network: Network, _ inputs: [Tensor]) throws -> [Tensor] {
  let graph = network.graph
  let predictor = try Predictor(network)
  if inputs.count == 1, graph.outputs.count == 1 { return [try predictor.predict(inputs[0])] }
  var named: [String: Tensor] = [:]
  for (id, tensor) in zip(graph.inputs, inputs) { named[graph[id].name] = tensor }
  let found = try predictor.predict(named)
  return graph.outputs.compactMap { found[graph[$0].name] }
}
