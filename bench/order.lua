-- Places and pays one order per request: two pancakes at the store that is always open.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
-- The customer's session; where there is no sign-in it says nothing.
wrk.headers["Authorization"] = "Bearer " .. (os.getenv("BENCH_TOKEN") or "")
wrk.body = [[{"storeId":"019aa8dc-4883-7518-b416-a51e317821cf","items":[{"menuId":"019aa8dc-4881-71c4-9fa0-56741d0b328d","quantity":2}],"address":"서울특별시 마포구 달보드레로 1","addressDetail":"101호","phone":"010-0000-0000","requests":{"store":"덜 맵게","handover":"leave-at-door"},"payment":{"method":"CARD","token":"ok"}}]]
