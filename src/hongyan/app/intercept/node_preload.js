// Sends a Node program's connections to DingTalk's hosts to Hongyan. Loaded before the program; everything else is as it was.
"use strict";
const net = require("net");
const hosts = new Set((process.env.HONGYAN_INTERCEPT_HOSTS || "").split(","));
const [tls, plain] = (process.env.HONGYAN_INTERCEPT_PORTS || "").split(",").map(Number);
const connect = net.Socket.prototype.connect;

function turned(options) {
  if (!options || typeof options !== "object" || !hosts.has(String(options.host).toLowerCase())) return options;
  // Names were checked against `servername`, which stays: only the way there is another one.
  return { ...options, host: "127.0.0.1", port: Number(options.port) === 80 ? plain : tls };
}

net.Socket.prototype.connect = function (...args) {
  if (Array.isArray(args[0])) args[0][0] = turned(args[0][0]); // already sorted by net.connect
  else if (typeof args[0] === "object") args[0] = turned(args[0]);
  else if (typeof args[1] === "string" && hosts.has(args[1].toLowerCase())) args.splice(0, 2, turned({ port: args[0], host: args[1] }));
  return connect.apply(this, args);
};
