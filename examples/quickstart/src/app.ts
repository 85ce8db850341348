import express, { type Express } from "express";

/**
 * A plain Express app behind the host: it says which topic it wants, receives orders and hears the clock. What it
 * received can be read back at /seen, so that whoever runs it can see that it works.
 */
export function createApp(): Express {
  const seen: { orders: unknown[]; ticks: number } = { orders: [], ticks: 0 };

  const app = express();
  app.use(express.json({ type: ["application/json", "application/*+json"] }));

  app.get("/dapr/subscribe", (_request, response) => {
    response.json([{ pubsubname: "orders", topic: "placed", route: "orders/placed" }]);
  });

  app.post("/orders/placed", (request, response) => {
    seen.orders.push(request.body.data);
    response.json({ status: "SUCCESS" });
  });

  app.post("/clock", (_request, response) => {
    seen.ticks += 1;
    response.sendStatus(200);
  });

  app.get("/seen", (_request, response) => {
    response.json(seen);
  });
  return app;
}
