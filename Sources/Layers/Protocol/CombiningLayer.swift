/// A layer that selects, adds or averages values of its inputs, so that its outputs are
/// probabilities only if those of all inputs are: pooling and the merging layers.
///
/// A loss of probabilities refuses a network whose last activation, seen through such layers, does
/// not yield any.
package protocol CombiningLayer: Layer {}

extension Add: CombiningLayer {}

extension MaxPool2D: CombiningLayer {}

extension AveragePool2D: CombiningLayer {}

extension GlobalAveragePooling1D: CombiningLayer {}

extension GlobalAveragePooling2D: CombiningLayer {}

extension GlobalMaxPooling1D: CombiningLayer {}

extension GlobalMaxPooling2D: CombiningLayer {}

extension Average: CombiningLayer {}

extension Concatenate: CombiningLayer {}

extension Maximum: CombiningLayer {}

extension Minimum: CombiningLayer {}

extension Subtract: CombiningLayer {}
