"""What every Portico service needs that is not its business."""
