//! A layered layout of a graph without circles: layers from left to right, lanes from top to bottom.
//!
//! Every node has a layer and a lane, and every edge leads to a later layer. An edge that passes over
//! layers gets a *bend* in each of them, which takes room in the lane of its end like a node. So an edge
//! crosses a layer at a bend or not at all, and runs into no node. Within a lane, items are ordered by
//! the mean height of their neighbours (Sugiyama, Tagawa and Toda 1981).

use std::collections::BTreeMap;

/// A node to be placed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Node {
    pub layer: usize,
    pub lane: usize,
    pub width: f64,
    pub height: f64,
}

/// A rectangle: left, top, width, height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl Place {
    pub fn right(&self) -> f64 {
        self.left + self.width
    }

    pub fn middle(&self) -> f64 {
        self.top + 0.5 * self.height
    }
}

/// Where everything is. The origin is the left end of the first layer and the top of the first lane.
#[derive(Debug, Clone)]
pub struct Layout {
    /// One for each node; nodes of one layer have the same left and right end.
    pub nodes: Vec<Place>,
    /// For each edge the places from its start, over bends, to its end.
    pub routes: Vec<Vec<Place>>,
    /// For each lane its top and its height.
    pub lanes: Vec<(f64, f64)>,
    pub width: f64,
    pub height: f64,
}

/// Between layers; edges bend here.
pub const LAYER_GAP: f64 = 40.0;
/// Between items of one lane and layer, and between lanes.
const ITEM_GAP: f64 = 12.0;
const LANE_GAP: f64 = 6.0;
/// Between the items of a lane and its ends.
const LANE_MARGIN: f64 = 8.0;
/// The room that a bend takes.
const BEND: f64 = 6.0;
/// Sweeps that order the items of lanes; there are few, and they settle soon.
const SWEEPS: usize = 8;

/// A node, or a bend of the edges from one node to one lane.
#[derive(Debug, Clone, Copy)]
struct Item {
    layer: usize,
    lane: usize,
    height: f64,
}

/// Items in the making: nodes first, then bends.
struct Draft {
    items: Vec<Item>,
    /// For each edge the items from its start to its end.
    chains: Vec<Vec<usize>>,
    /// For each layer and lane its items, from top to bottom.
    cells: BTreeMap<(usize, usize), Vec<usize>>,
}

/// Places nodes; `edges` are pairs of indices, from a node to one of a later layer.
pub fn layout(nodes: &[Node], edges: &[(usize, usize)]) -> Layout {
    let mut draft = Draft::new(nodes, edges);
    let n_lanes = nodes.iter().map(|node| node.lane + 1).max().unwrap_or(0);
    let lanes = draft.lanes(n_lanes);
    let mut tops = draft.tops(&lanes);
    for sweep in 0..SWEEPS {
        draft.order(&tops, sweep % 2 == 0);
        tops = draft.tops(&lanes);
    }
    let layers = layers(nodes);
    let place = |idx: &usize| {
        let item = draft.items[*idx];
        let (left, width) = layers[item.layer];
        Place { left, top: tops[*idx], width, height: item.height }
    };
    Layout {
        nodes: (0..nodes.len()).map(|idx| place(&idx)).collect(),
        routes: draft.chains.iter().map(|chain| chain.iter().map(place).collect()).collect(),
        width: layers.last().map_or(0.0, |(left, width)| left + width),
        height: lanes.last().map_or(0.0, |(top, height)| top + height),
        lanes,
    }
}

/// For each layer its left end and its width, that of its widest node.
fn layers(nodes: &[Node]) -> Vec<(f64, f64)> {
    let n_layers = nodes.iter().map(|node| node.layer + 1).max().unwrap_or(0);
    let mut left = 0.0;
    let of = |layer: usize| {
        let inside = nodes.iter().filter(|node| node.layer == layer);
        let width = inside.map(|node| node.width).fold(0.0, f64::max);
        let found = (left, width);
        left += width + LAYER_GAP;
        found
    };
    (0..n_layers).map(of).collect()
}

impl Draft {
    fn new(nodes: &[Node], edges: &[(usize, usize)]) -> Self {
        let mut items: Vec<Item> = nodes
            .iter()
            .map(|&Node { layer, lane, height, .. }| Item { layer, lane, height })
            .collect();
        let (mut bends, mut chains) = (BTreeMap::new(), Vec::new());
        for &(from, to) in edges {
            let lane = nodes[to].lane;
            let mut chain = vec![from];
            for layer in nodes[from].layer + 1..nodes[to].layer {
                let bend = bends.entry((from, lane, layer)).or_insert_with(|| {
                    items.push(Item { layer, lane, height: BEND });
                    items.len() - 1
                });
                chain.push(*bend);
            }
            chain.push(to);
            chains.push(chain);
        }
        let mut cells: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for (idx, item) in items.iter().enumerate() {
            cells.entry((item.layer, item.lane)).or_default().push(idx);
        }
        Draft { items, chains, cells }
    }

    fn height(&self, cell: &[usize]) -> f64 {
        let heights: f64 = cell.iter().map(|&idx| self.items[idx].height).sum();
        heights + ITEM_GAP * cell.len().saturating_sub(1) as f64
    }

    /// For each lane its top and its height, that of its highest cell.
    fn lanes(&self, n_lanes: usize) -> Vec<(f64, f64)> {
        let mut top = 0.0;
        let of = |lane: usize| {
            let cells = self.cells.iter().filter(|((_, of), _)| *of == lane);
            let height = cells.map(|(_, cell)| self.height(cell)).fold(0.0, f64::max);
            let found = (top, height + 2.0 * LANE_MARGIN);
            top += found.1 + LANE_GAP;
            found
        };
        (0..n_lanes).map(of).collect()
    }

    /// The top of each item, each cell in the middle of its lane.
    fn tops(&self, lanes: &[(f64, f64)]) -> Vec<f64> {
        let mut tops = vec![0.0; self.items.len()];
        for ((_, lane), cell) in &self.cells {
            let (lane_top, lane_height) = lanes[*lane];
            let mut top = lane_top + 0.5 * (lane_height - self.height(cell));
            for &idx in cell {
                tops[idx] = top;
                top += self.items[idx].height + ITEM_GAP;
            }
        }
        tops
    }

    /// Orders every cell by the mean height of its items' neighbours, on the left or on the right.
    fn order(&mut self, tops: &[f64], by_left: bool) {
        let mut neighbours: Vec<Vec<f64>> = vec![Vec::new(); self.items.len()];
        let middle = |idx: usize| tops[idx] + 0.5 * self.items[idx].height;
        for pair in self.chains.iter().flat_map(|chain| chain.windows(2)) {
            let (item, neighbour) = if by_left { (pair[1], pair[0]) } else { (pair[0], pair[1]) };
            neighbours[item].push(middle(neighbour));
        }
        let keys: Vec<f64> = (0..self.items.len())
            .map(|idx| match neighbours[idx].len() {
                0 => middle(idx),
                n => neighbours[idx].iter().sum::<f64>() / n as f64,
            })
            .collect();
        for cell in self.cells.values_mut() {
            // Stable: items of equal height keep their order.
            cell.sort_by(|&a, &b| keys[a].total_cmp(&keys[b]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(layer: usize, lane: usize) -> Node {
        Node { layer, lane, width: 80.0, height: 24.0 }
    }

    #[test]
    fn nodes_do_not_overlap_and_stay_in_their_lanes() {
        let nodes = [node(0, 0), node(1, 0), node(1, 0), node(1, 1), node(2, 1)];
        let edges = [(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4)];
        let layout = layout(&nodes, &edges);
        for (idx, place) in layout.nodes.iter().enumerate() {
            let (top, height) = layout.lanes[nodes[idx].lane];
            assert!(place.top >= top && place.top + place.height <= top + height, "{idx}");
            for other in &layout.nodes[..idx] {
                let is_apart = other.right() <= place.left
                    || place.right() <= other.left
                    || other.top + other.height <= place.top
                    || place.top + place.height <= other.top;
                assert!(is_apart, "{idx}: {place:?} {other:?}");
            }
        }
        assert_eq!(layout.width, 3.0 * 80.0 + 2.0 * LAYER_GAP);
    }

    #[test]
    fn an_edge_over_layers_passes_by_the_nodes_between() {
        let nodes = [node(0, 0), node(1, 0), node(2, 0)];
        let layout = layout(&nodes, &[(0, 1), (1, 2), (0, 2)]);
        let route = &layout.routes[2];
        assert_eq!(route.len(), 3);
        let (bend, between) = (route[1], layout.nodes[1]);
        assert_eq!(bend.left, between.left);
        let height = bend.middle();
        assert!(height < between.top || height > between.top + between.height);
    }

    #[test]
    fn items_follow_their_neighbours() {
        // The second of the first layer leads to the first of the second, and the other way round.
        let nodes = [node(0, 0), node(0, 1), node(1, 2), node(1, 2)];
        let layout = layout(&nodes, &[(0, 3), (1, 2)]);
        assert!(layout.nodes[3].top < layout.nodes[2].top);
    }
}
